import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Definition,
  Duration,
  defineDetector,
  defineExporter,
  defineReceiver,
  OneOf,
  Secret,
  Size,
  Type,
} from '@weir/sdk'
import { Ajv } from 'ajv'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatDiagnostics } from './diagnostic.ts'
import { configSchema } from './json-schema.ts'
import { loadConfig } from './load-config.ts'
import { maskedConfig, renderYaml } from './mask.ts'
import type { RegistryView } from './registry-view.ts'
import { validateConfig } from './validate.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-config-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const absent = () => {
  throw new Error('nothing is made in this test')
}
const installed: readonly Definition[] = [
  defineReceiver({
    type: 'file',
    reads: 'lines',
    config: Type.Object({ include: Type.Array(Type.String()) }),
    create: absent,
  }),
  defineDetector({
    type: 'rate',
    config: Type.Object({ window: Duration({ description: 'Window.', default: '1m' }) }),
    create: absent,
  }),
  defineExporter({
    type: 'webhook',
    description: 'Posts batches.',
    config: Type.Object({
      url: Type.String({ description: 'Where to.' }),
      token: Type.Optional(Secret({ description: 'Token.' })),
      limit: Size({ description: 'Body.', default: '1MiB' }),
      mode: OneOf(['fast', 'safe'], { description: 'Mode.', default: 'safe' }),
      retries: Type.Integer({ description: 'Attempts.', default: 3 }),
      headers: Type.Record(Type.String(), Type.String({ writeOnly: true }), { description: 'Headers.', default: {} }),
    }),
    create: absent,
  }),
]

interface ObjectSchema {
  readonly properties?: { readonly [name: string]: object }
  readonly required?: readonly string[]
}

/** What an operator may write: a component's own keys. Core adds those that a kind has. */
function schemaOf({ config }: Definition): object {
  const own: ObjectSchema = config ?? {}
  const required = (own.required ?? []).filter((name) => !('default' in (own.properties?.[name] ?? {})))
  return { ...own, required, additionalProperties: false }
}

const registry: RegistryView = {
  find(kind, type) {
    const definition = installed.find((one) => one.kind === kind && one.type === type)
    return definition && { definition, schema: schemaOf(definition) }
  },
  types: (kind) => installed.filter((one) => one.kind === kind).map(({ type }) => type),
  providerOf: () => undefined,
}

const good = `
receivers:
  file/app: { include: [app.log] }
detectors:
  rate:
  rate/fast: { window: 10s }
exporters:
  webhook:
    url: https://bot:pw@example.com/hook?token=abc&x=1
    token: \${env:TOKEN}
    limit: 64KiB
    headers: { X-Key: "12345" }
service:
  shutdown_timeout: 5s
  pipelines:
    logs/app: { receivers: [file/app], exporters: [webhook] }
`

async function validate(text: string, env = { TOKEN: '12345' }) {
  writeFileSync(join(folder, 'weir.yaml'), text)
  return validateConfig(await loadConfig({ cwd: folder, files: [], env }), registry)
}

describe('validateConfig', () => {
  it('resolves components, pipelines and the service', async () => {
    const { config, diagnostics } = await validate(good)
    expect(diagnostics).toEqual([])
    expect(config).toMatchObject({ baseDir: folder, files: ['weir.yaml'] })
    expect(config?.components.get('detector')?.get('rate')).toMatchObject({
      kind: 'detector',
      id: 'rate',
      type: 'rate',
      resolved: { window: 60_000 },
    })
    expect(config?.components.get('detector')?.get('rate/fast')?.resolved).toMatchObject({ window: 10_000 })
    expect(config?.components.get('receiver')?.get('file/app')).toMatchObject({
      raw: { include: ['app.log'] },
      resolved: { include: ['app.log'] },
      path: ['receivers', 'file/app'],
    })
    expect(config?.pipelines.get('logs/app')).toEqual({
      name: 'logs/app',
      signal: 'logs',
      receivers: ['file/app'],
      processors: [],
      exporters: ['webhook'],
      path: ['service', 'pipelines', 'logs/app'],
    })
    expect(config?.service).toEqual({
      state_dir: join(folder, '.weir'),
      workers: 0,
      on_error: 'continue',
      shutdown_timeout: 5000,
      checkpoint_interval: 5000,
      control: { enabled: true },
      telemetry: { logs: { level: 'info' }, metrics: {} },
    })
  })

  it('leaves a substituted value text where the schema wants text', async () => {
    const { config } = await validate(good)
    expect(config?.components.get('exporter')?.get('webhook')?.resolved).toMatchObject({
      token: '12345',
      limit: 65_536,
    })
  })

  it('locates pipeline members and components for the graph', async () => {
    const { config } = await validate(good)
    expect(config?.locate(['service', 'pipelines', 'logs/app', 'receivers', 0])).toMatchObject({
      line: 16,
      column: 29,
      endColumn: 37,
    })
    expect(config?.locate(['receivers', 'file/app'])).toMatchObject({ line: 3, column: 3, endColumn: 11 })
    expect(config?.locate(['detectors', 'rate', 'window'])).toMatchObject({ line: 5, column: 3 })
  })

  it('gives a draft of a config with mistakes, for the graph to look at', async () => {
    const { config, draft, diagnostics } = await validate(
      good.replace('limit: 64KiB', 'limit: big').replace('10s', '[]'),
    )
    expect(config).toBeUndefined()
    expect(diagnostics).toHaveLength(2)
    expect([...(draft?.components.get('exporter')?.keys() ?? [])]).toEqual(['webhook'])
    expect(draft?.pipelines.size).toBe(1)
  })

  it('says nothing more about a value that a substitution could not fill', async () => {
    const { diagnostics } = await validate(good.replace('limit: 64KiB', 'retries: ${env:RETRIES}'))
    expect(diagnostics.map(({ code }) => code)).toEqual(['WEIR_CONFIG_SUBSTITUTION'])
  })
})

describe('maskedConfig', () => {
  it('shows defaults and the operator’s own units, and no secret', async () => {
    const { config } = await validate(good)
    if (config === undefined) throw new Error('the config is not valid')
    const text = renderYaml(maskedConfig(config, registry))
    expect(text).toContain('url: https://****@example.com/hook?token=****&x=1')
    expect(text).toContain('token: "****"')
    expect(text).toContain('X-Key: "****"')
    expect(text).toContain('limit: 64KiB')
    expect(text).toContain('shutdown_timeout: 5s')
    expect(text).toContain('mode: safe')
    expect(text).not.toMatch(/12345|pw@|abc/)
  })
})

describe('configSchema', () => {
  const schema = configSchema(registry)
  const accepts = new Ajv({ strict: false }).compile(schema)
  const config = (webhook: object | null) => ({
    exporters: { 'webhook/a': webhook },
    service: { pipelines: { logs: {} } },
  })

  it('accepts what the loader accepts, substitutions among it', () => {
    expect(
      accepts(config({ url: 'x', limit: '${env:LIMIT}', retries: '${env:RETRIES:-3}', mode: '${env:MODE}' })),
    ).toBe(true)
    expect(accepts(config({ url: 'x', limit: 5 }))).toBe(true)
    expect(accepts({ ...config(null), profiles: { prod: { service: { workers: 2 } } } })).toBe(true)
  })

  it('refuses unknown keys, ids and values', () => {
    expect(accepts(config({ ulr: 'x' }))).toBe(false)
    expect(accepts(config({ url: 'x', mode: 'slow' }))).toBe(false)
    expect(accepts(config({ url: 'x', retries: 'three' }))).toBe(false)
    expect(accepts({ exporters: { webhok: {} }, service: { pipelines: { logs: {} } } })).toBe(false)
    expect(accepts({ service: { pipelines: { log: {} } } })).toBe(false)
  })

  it('carries titles, descriptions and defaults, and no keyword of ours', () => {
    const text = JSON.stringify(schema)
    expect(text).toContain('"title":"webhook exporter","description":"Posts batches."')
    expect(text).toContain('"description":"Body.","default":"1MiB"')
    expect(text).not.toContain('"weir"')
  })
})

describe('formatDiagnostics', () => {
  const at = (lineText: string, column: number, endColumn: number) => ({
    file: 'a.yaml',
    line: 7,
    column,
    endColumn,
    lineText,
  })

  it('strips what could steer a terminal', () => {
    const text = formatDiagnostics(
      [
        {
          severity: 'error',
          code: 'X',
          message: 'bad \u001b[31mred\u001b[0m\u0007',
          path: ['a\u001b]0;t\u0007'],
          position: at('\ta: \u001b[2J', 2, 3),
        },
      ],
      { color: false },
    )
    expect(text).toBe('a.yaml:7:2 error a: bad red\ufffd\n    7 | \ta: \ufffd[2J\n      | \t^')
  })

  it('shows only what is around the caret of a very long line', () => {
    const text = formatDiagnostics(
      [
        {
          severity: 'warning',
          code: 'X',
          message: 'm',
          path: [],
          position: at(`${'x'.repeat(500)}Y${'z'.repeat(500)}`, 501, 502),
        },
      ],
      { color: false },
    )
    const [, line = '', carets = ''] = text.split('\n')
    expect(line.length).toBeLessThan(200)
    expect(line[carets.indexOf('^')]).toBe('Y')
  })

  it('colours only when told', () => {
    const [error] = [{ severity: 'error', code: 'X', message: 'm', path: [] } as const]
    expect(formatDiagnostics([error], { color: true })).toContain('\u001b[31merror\u001b[39m')
    expect(formatDiagnostics([error], { color: false })).toBe('error m')
  })
})
