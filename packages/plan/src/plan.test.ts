import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatDiagnostics, loadConfig, validateConfig } from '@weir/config'
import { Registry } from '@weir/plugins'
import { defineExporter, defineParser, defineProcessor, defineReceiver } from '@weir/sdk'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { planGraph } from './plan.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-plan-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const create = () => {
  throw new Error('nothing is made in this test')
}
const registry = new Registry()
for (const definition of [
  defineReceiver({ type: 'file', reads: 'lines', create }),
  defineParser({ type: 'csv', create }),
  defineProcessor({ type: 'filter', create }),
  defineExporter({ type: 'console', create }),
  defineExporter({ type: 'webhook', create }),
])
  registry.add(definition, { packageName: 'test', version: '1.0.0', entry: 'test' })

/** What an operator is told of a pipeline, without the lines of the file. */
async function problems(pipeline: string): Promise<string[]> {
  const text = `receivers: { file: { parser: csv } }
parsers: { csv: }
processors: { filter: }
exporters: { webhook: }
service:
  pipelines:
    logs: ${pipeline}
`
  writeFileSync(join(folder, 'weir.yaml'), text)
  const { draft, diagnostics } = validateConfig(await loadConfig({ cwd: folder, files: [], env: {} }), registry)
  expect(diagnostics).toEqual([])
  return formatDiagnostics(draft === undefined ? [] : planGraph(draft, registry).diagnostics, { color: false })
    .split('\n')
    .filter((line) => line.startsWith('weir.yaml') && line.includes('pipeline logs'))
}

it.each([
  ['receivers: [file, file], exporters: [webhook]', '7:31', '"file" twice under receivers'],
  ['receivers: [file], exporters: [webhook, webhook]', '7:53', '"webhook" twice under exporters'],
  ['receivers: [file], processors: [filter, filter], exporters: [webhook]', '7:53', '"filter" twice under processors'],
])('refuses what would deliver twice: %s', async (pipeline, place, what) => {
  expect(await problems(`{ ${pipeline} }`)).toEqual([
    `weir.yaml:${place} error service.pipelines.logs.${/under (\w+)/.exec(what)?.[1]}[1]: pipeline logs names ${what} (remove one)`,
  ])
})

it.each([
  ['exporters: [filter, webhook]', 'a processor', 'name it under processors'],
  ['exporters: [csv, webhook]', 'a parser', 'name it as the parser of a receiver'],
  ['processors: [webhook], exporters: [webhook]', 'an exporter', 'name it under exporters'],
])('says what a component is that stands in a wrong place: %s', async (rest, what, hint) => {
  expect(await problems(`{ receivers: [file], ${rest} }`)).toEqual([
    expect.stringMatching(new RegExp(`^weir.yaml:7:\\d+ error .* and it is ${what} \\(${hint}\\)$`)),
  ])
})

it.each([
  ['consol', 'did you mean "console"? define it under exporters'],
  ['consol/brief', 'did you mean "console/brief"? define it under exporters'],
  ['console', 'define it under exporters'],
  ['webhok', 'did you mean "webhook"?'],
])('says where to define what is not there: %s', async (id, hint) => {
  expect(await problems(`{ receivers: [file], exporters: [${id}] }`)).toEqual([
    `weir.yaml:7:44 error service.pipelines.logs.exporters[0]: pipeline logs names "${id}", which is not defined (${hint})`,
  ])
})
