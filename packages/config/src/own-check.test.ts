import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Duration, defineDetector, defineParser, Template, TimeZoneName, Type, WeirError } from '@weir/sdk'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from './load-config.ts'
import { checkNotation } from './operator-notation.ts'
import { bareProblem } from './own-check.ts'
import type { RegistryView } from './registry-view.ts'
import { validateConfig } from './validate.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-own-check-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const absent = () => {
  throw new Error('nothing is made in this test')
}
const threshold = defineDetector({
  type: 'threshold',
  config: Type.Object({
    window: Duration({ description: 'Window.', default: '1m' }),
    slide: Duration({ description: 'Slide.', default: '10s' }),
    above: Type.Optional(Type.Number({ description: 'Bound.' })),
  }),
  check({ above, window, slide }) {
    if (above === undefined) throw new WeirError('a bound is missing', { code: 'WEIR_BOUND', hint: 'set above' })
    if (window % slide !== 0)
      throw new WeirError('window is no multiple of slide', { code: 'WEIR_SLIDE', configPath: ['slide'] })
    if (above === 13) throw new TypeError('a bug of the plugin')
  },
  create: absent,
})
const lines = defineParser({
  type: 'lines',
  config: Type.Object({
    pattern: Type.String({ description: 'Pattern.' }),
    location: TimeZoneName({ description: 'Zone.', default: 'UTC' }),
    format: Template({ description: 'Format.', default: '{body}' }),
  }),
  create: absent,
})
const installed = [threshold, lines]
const registry: RegistryView = {
  find(kind, type) {
    const definition = installed.find((one) => one.kind === kind && one.type === type)
    const schema = definition?.config as { properties: { [name: string]: object }; required: string[] } | undefined
    if (definition === undefined || schema === undefined) return undefined
    const required = schema.required.filter((name) => !('default' in (schema.properties[name] ?? {})))
    return { definition, schema: { ...schema, required } }
  },
  types: (kind) => installed.filter((one) => one.kind === kind).map(({ type }) => type),
  providerOf: () => undefined,
}

async function problems(text: string) {
  writeFileSync(join(folder, 'weir.yaml'), `${text}\nservice: { pipelines: {} }\n`)
  const { diagnostics } = validateConfig(await loadConfig({ cwd: folder, files: [], env: {} }), registry)
  return diagnostics
    .filter(({ path }) => path[0] !== 'service')
    .map(({ code, path, hint, position }) => [code, path.join('.'), hint, position?.line, position?.column])
}

describe('the check of a definition', () => {
  it('is asked for every component, and its finding stands at its place', async () => {
    const text = 'detectors:\n  threshold: { window: 1m }\n  threshold/slow: { above: 1, window: 1m,\n    slide: 7s }'
    expect(await problems(text)).toEqual([
      ['WEIR_BOUND', 'detectors.threshold', 'set above', 2, 3],
      ['WEIR_SLIDE', 'detectors.threshold/slow.slide', undefined, 4, 12],
    ])
    expect(await problems('detectors:\n  threshold: { above: 1 }')).toEqual([])
  })

  it('is not asked of what the schema refuses, or where a substitution failed', async () => {
    const found = [
      ...(await problems('detectors:\n  threshold: { window: soon }')),
      ...(await problems('detectors:\n  threshold: { above: "${env:NONE}" }')),
    ]
    expect(found.map(([, path]) => path)).toEqual(['detectors.threshold.window', 'detectors.threshold.above'])
  })

  it('that fails itself is named as such', async () => {
    expect(await problems('detectors:\n  threshold: { above: 13 }')).toEqual([
      ['WEIR_CONFIG_CHECK', 'detectors.threshold', 'tell the author of the plugin', 2, 3],
    ])
  })
})

describe('notations of texts', () => {
  it('are checked when the config is read', async () => {
    const text = 'parsers:\n  lines:\n    pattern: x\n    location: Europe/Berln\n    format: "{body"'
    expect(await problems(text)).toEqual([
      ['WEIR_TIME_ZONE', 'parsers.lines.location', 'did you mean "Europe/Berlin"?', 4, 15],
      ['WEIR_TEMPLATE_INVALID', 'parsers.lines.format', expect.stringContaining('{attributes.url.path}'), 5, 13],
    ])
  })
})

describe('a field of a template', () => {
  const warned = (format: string) => problems(`parsers:\n  lines:\n    pattern: x\n    format: '${format}'`)

  it.each([
    ['{time} { tme } {body}', 'did you mean "time"?', 23],
    ['{atributes.user}: {body}', 'did you mean "attributes.user"?', 15],
    ['{lin}', 'did you mean "line"?', 15],
  ])('that may be a slip is told as for paths: %s', async (format, hint, column) => {
    expect(await warned(format)).toEqual([['WEIR_CONFIG_PATH', 'parsers.lines.format', hint, 4, column]])
  })

  it('may be an attribute, the line, or a time in a format; braces that stand twice are text', async () => {
    expect(await warned('{user} {line} {time:yyyy} {{tme}} {resource.host.name}')).toEqual([])
  })
})

describe('a pattern that cannot be read', () => {
  it.each([
    ['(a', 'close it by ), or write \\( for the character'],
    ['a)', 'open it by (, or write \\) for the character'],
    ['[a', expect.stringContaining('close it by ]')],
    ['*a', 'write \\*, \\+ or \\? for the character'],
    ['a{3,2}', expect.stringContaining('the smaller number first')],
    ['a\\', 'write \\\\ for a backslash'],
  ])('comes with advice: %s', (pattern, hint) => {
    expect(checkNotation('pattern', pattern)).toMatchObject({ code: 'WEIR_CONFIG_PATTERN', hint })
  })
})

describe('a type that is used without a config', () => {
  it('is told what it lacks', () => {
    const problemWith = (definition: (typeof installed)[number]) => {
      const type = registry.find(definition.kind, definition.type)
      return type && bareProblem(type)?.message
    }
    expect(problemWith(lines)).toBe('the key "pattern" is missing')
    expect(problemWith(threshold)).toBe('a bound is missing')
  })
})
