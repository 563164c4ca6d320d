import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Folder } from './command.fixture.ts'

const config = {
  receivers: { file: { include: ['in.log'], parser: 'json', start_at: 'beginning' } },
  processors: { transform: { steps: [{ set: 'attributes.size', value: 'size(body)' }, { upper: 'body' }] } },
  connectors: {
    route: { table: [{ condition: 'severityNumber >= 17', pipelines: ['logs/changed', 'logs/errors'] }] },
  },
  exporters: {
    'file/all': { path: 'all.ndjson' },
    'file/changed': { path: 'changed.ndjson' },
    'file/errors': { path: 'errors.ndjson' },
  },
  service: {
    state_dir: 'memory',
    pipelines: {
      logs: { receivers: ['file'], exporters: ['route', 'file/all'] },
      'logs/changed': { receivers: ['route'], processors: ['transform'], exporters: ['file/changed'] },
      'logs/errors': { receivers: ['route'], exporters: ['file/errors'] },
    },
  },
}

it('sends records to the pipelines of their route, where changes are seen by no one else', async () => {
  using folder = new Folder()
  folder.write('weir.json', config)
  folder.write('in.log', '{"level":"error","msg":"broken"}\n{"level":"info","msg":"fine"}\n')
  await folder.weir('run', '--once')
  const records = (name: string) =>
    readFileSync(folder.file(`${name}.ndjson`), 'utf8')
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text))
      .map(({ body, attributes }) => [body, attributes?.size])
  expect(records('all')).toEqual([
    ['broken', undefined],
    ['fine', undefined],
  ])
  expect(records('changed')).toEqual([['BROKEN', 6]])
  expect(records('errors')).toEqual([['broken', undefined]])
}, 60_000)

it('says which pipelines a route cannot reach, and which it forgets', async () => {
  using folder = new Folder()
  const { 'logs/errors': errors, ...pipelines } = config.service.pipelines
  folder.write('weir.json', {
    ...config,
    service: { ...config.service, pipelines: { ...pipelines, 'logs/others': errors } },
  })
  const { code, stderr, stdout } = await folder.weir('validate')
  expect(code).toBe(2)
  expect(stdout + stderr).toContain('route names the pipeline "logs/errors", which is not defined')
})

it('warns of a pipeline that gets nothing', async () => {
  using folder = new Folder()
  const idle = { receivers: ['route'], exporters: ['file/errors'] }
  folder.write('weir.json', {
    ...config,
    service: { ...config.service, pipelines: { ...config.service.pipelines, 'logs/idle': idle } },
  })
  const { code, stderr, stdout } = await folder.weir('validate')
  expect(code).toBe(0)
  expect(stdout + stderr).toContain('pipeline logs/idle receives from route, which never names it')
})
