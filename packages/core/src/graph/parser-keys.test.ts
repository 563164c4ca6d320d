import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '@weir/config'
import { Registry } from '@weir/plugins'
import { defineExporter, defineParser, defineReceiver, Type } from '@weir/sdk'
import { afterAll, expect, it } from 'vitest'
import { Collector } from '../collector.ts'
import { checkConfig } from '../prepare.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-parser-keys-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The attribute that the parser adds, which tells how it was configured. */
async function markOf(config: object): Promise<unknown> {
  const marks: unknown[] = []
  const mark = Type.String({ description: 'What the parser adds.', default: 'default' })
  const registry = new Registry()
  const definitions = [
    defineReceiver({
      type: 'feed',
      reads: 'lines',
      parses: { parser: 'marking', keys: ['mark'] },
      ends: true,
      config: Type.Object({ mark }),
      create: () => ({
        async start(output) {
          const bytes = Buffer.from('a line\n')
          await output.sendLines({ bytes, from: 0, to: bytes.length, source: { id: 'feed' } })
          output.end()
        },
        stop: () => {},
      }),
    }),
    defineParser({
      type: 'marking',
      config: Type.Object({ mark }),
      create: ({ config }) => ({
        parse(_, record) {
          record.attributes.set('mark', config.mark)
          return true
        },
      }),
    }),
    defineExporter({
      type: 'keep',
      create: () => ({
        export: async (batch) => batch.forEach((record) => void marks.push(record.attributes.get('mark'))),
      }),
    }),
  ]
  for (const definition of definitions) {
    registry.add(definition, { packageName: '@weir/test', version: '1.0.0', entry: 'file:///test.js' })
  }
  const service = { state_dir: 'memory', pipelines: { logs: { receivers: ['feed'], exporters: ['keep'] } } }
  writeFileSync(join(folder, 'weir.json'), JSON.stringify({ ...config, exporters: { keep: {} }, service }))
  const checked = checkConfig(await loadConfig({ cwd: folder, files: ['weir.json'], env: {} }), registry)
  expect(checked.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  const collector = new Collector(
    { registry, pluginProblems: [], watched: [], ...checked },
    { once: true, isTerminal: false, terminal: { write: () => {} }, logLevel: 'silent' },
  )
  await collector.start()
  await collector.ended()
  await collector.stop()
  return marks[0]
}

it('hands the keys of a receiver on to the parser of its format', async () => {
  expect(await markOf({ receivers: { feed: { mark: 'mine' } } })).toBe('mine')
})

it('leaves the parser to the operator who configures it', async () => {
  expect(await markOf({ receivers: { feed: { mark: 'mine' } }, parsers: { marking: { mark: 'theirs' } } })).toBe(
    'theirs',
  )
})
