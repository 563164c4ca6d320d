import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Definition, defineExporter, defineReceiver } from '@weir/sdk'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatDiagnostics } from './diagnostic.ts'
import { loadConfig } from './load-config.ts'
import type { RegistryView } from './registry-view.ts'
import { standardKeys } from './standard-keys.ts'
import { validateConfig } from './validate.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-standard-keys-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const absent = () => {
  throw new Error('nothing is made in this test')
}
const installed: readonly Definition[] = [
  defineReceiver({ type: 'lines', reads: 'lines', create: absent }),
  defineExporter({ type: 'sink', create: absent }),
]
const registry: RegistryView = {
  find(kind, type) {
    const definition = installed.find((one) => one.kind === kind && one.type === type)
    if (definition === undefined) return undefined
    return {
      definition,
      schema: { type: 'object', properties: standardKeys(definition), additionalProperties: false },
    }
  },
  types: () => [],
  providerOf: () => undefined,
}

/** What an operator is told, without the lines of the file. */
async function problems(component: string): Promise<string[]> {
  writeFileSync(join(folder, 'weir.yaml'), `${component}\nservice: { pipelines: { logs: {} } }\n`)
  const { diagnostics } = validateConfig(await loadConfig({ cwd: folder, files: [], env: {} }), registry)
  return formatDiagnostics(diagnostics, { color: false })
    .split('\n')
    .filter((line) => line.startsWith('weir.yaml'))
}

describe('multiline', () => {
  it.each([`{ line_start_pattern: '^\\d' }`, `{ line_end_pattern: ';$' }`])(
    'takes one pattern: %s',
    async (multiline) => {
      expect(await problems(`receivers: { lines: { multiline: ${multiline} } }`)).toEqual([])
    },
  )

  it('needs a pattern: without one, a whole file would be one record', async () => {
    expect(await problems('receivers: { lines: { multiline: {} } }')).toEqual([
      'weir.yaml:1:34 error receivers.lines.multiline: the key that says what to do is missing (write one of line_start_pattern, line_end_pattern)',
    ])
  })

  it('takes no two patterns', async () => {
    const both = `receivers:\n  lines:\n    multiline: { line_start_pattern: '^\\d', line_end_pattern: ';$' }`
    expect(await problems(both)).toEqual([
      'weir.yaml:3:5 error receivers.lines.multiline: line_start_pattern and line_end_pattern cannot stand together (write one of line_start_pattern, line_end_pattern)',
    ])
  })
})

describe('the keys of exporters', () => {
  it('refuse a first wait that is longer than the longest, and an attempt without time', async () => {
    const retry = 'exporters:\n  sink: { retry_on_failure: { initial_interval: 10m, max_interval: 1s } }'
    expect(await problems(retry)).toEqual([
      'weir.yaml:2:49 error exporters.sink.retry_on_failure.initial_interval: it is longer than max_interval, which is 1s (lower it, or raise max_interval)',
    ])
    expect(await problems(retry.replace(', max_interval: 1s', ''))).toEqual([expect.stringContaining('which is 30s')])
    expect(await problems('exporters:\n  sink: { timeout: 0s }')).toEqual([
      'weir.yaml:2:20 error exporters.sink.timeout: no attempt can succeed in no time (write a time such as 30s, or leave it out)',
    ])
  })

  it('let the longest wait alone be set below what the first is by default', async () => {
    expect(await problems('exporters: { sink: { retry_on_failure: { max_interval: 100ms } } }')).toEqual([])
  })
})
