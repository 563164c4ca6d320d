import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { ControlClient } from '@weir/control'
import { describe, expect, it } from 'vitest'
import { Folder } from './command.fixture.ts'

/** A processor that raises an alert for some lines, and an exporter whose sink is down until a file appears. */
const plugins = `
import { appendFileSync, existsSync } from 'node:fs'
import { appendAlert, ConnectorOutput, defineExporter, defineProcessor, LogBatch, RetryableError, Type } from '@weir/sdk'

const alarm = defineProcessor({
  type: 'alarm',
  emits: 'alerts',
  inject: { output: ConnectorOutput },
  create: ({ output }) => ({
    async process(batch) {
      const alerts = new LogBatch({ signal: 'alerts' })
      batch.forEach(({ body }) => {
        if (!body.endsWith('99')) return
        appendAlert(alerts, {
          id: body, fingerprint: body, rule: 'alarm', state: 'firing', severity: 'critical', title: 'alert for ' + body,
          time: 0, startedAt: 0, count: 1, group: {},
        })
      })
      if (alerts.length > 0) await output.send(alerts)
      return batch
    },
  }),
})

const frail = defineExporter({
  type: 'frail',
  config: Type.Object({ out: Type.String({ description: 'Where bodies go.' }) }),
  create: ({ config }) => ({
    async export(batch) {
      if (!existsSync('up')) throw new RetryableError('down')
      // A process that is killed may leave a part of what it writes: it has no end, and what comes then stands alone.
      appendFileSync(config.out, '\\n' + Array.from(batch, ({ body }) => body + ' .\\n').join(''))
    },
  }),
})

export default [alarm, frail]
`

const frail = (out: string) => ({
  out,
  retry_on_failure: { initial_interval: '50ms', max_interval: '50ms' },
  sending_queue: { storage: 'disk' },
})

const config = {
  plugins: { paths: ['plugins.ts'] },
  receivers: { file: { include: ['app.log'], parser: 'text', poll_interval: '20ms' } },
  processors: { alarm: {} },
  exporters: { 'frail/logs': frail('logs.txt'), 'frail/alerts': frail('alerts.txt') },
  service: {
    pipelines: {
      logs: { receivers: ['file'], processors: ['alarm'], exporters: ['frail/logs'] },
      alerts: { receivers: ['alarm'], exporters: ['frail/alerts'] },
    },
  },
}

const count = 20_000
const all = Array.from({ length: count }, (_, index) => `line ${index}`)

/** Whole lines of a file, each once, in the order in which they first came. */
const distinct = (path: string): string[] =>
  existsSync(path)
    ? [...new Set(readFileSync(path, 'utf8').split('\n'))].flatMap((text) =>
        text.endsWith(' .') ? text.slice(0, -2) : [],
      )
    : []

/** Records that the running collector holds before each exporter, once all that it read is acknowledged. */
async function acknowledged(folder: Folder): Promise<number[]> {
  try {
    const { receivers, exporters } = await new ControlClient(folder.file('.weir/control.sock')).status()
    if (receivers.some(({ oldestDeliveryMs }) => oldestDeliveryMs > 0)) return []
    return exporters.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map(({ queue }) => queue.records)
  } catch {
    return []
  }
}

describe('a sending queue on disk', () => {
  it('loses nothing when the collector is killed while the sink is down, and again while it exports, alerts included', async () => {
    using folder = new Folder()
    folder.write('plugins.ts', plugins)
    folder.write('weir.json', config)
    folder.write('app.log', `${all.join('\n')}\n`)
    const first = folder.start(['run'])
    await expect.poll(async () => (await acknowledged(folder))[1]).toBe(count)
    first.kill('SIGKILL')
    await first.finished
    // From here on, the queue alone has the lines.
    rmSync(folder.file('app.log'))
    writeFileSync(folder.file('up'), '')
    const second = folder.start(['run'])
    await expect.poll(() => distinct(folder.file('logs.txt')).length).toBeGreaterThan(0)
    second.kill('SIGKILL')
    await second.finished
    const third = folder.start(['run'])
    // It answers: so it heeds signals, too.
    await expect.poll(async () => (await acknowledged(folder)).length).toBeGreaterThan(0)
    const alerts = all.filter((body) => body.endsWith('99')).map((body) => `alert for ${body}`)
    await expect.poll(() => distinct(folder.file('logs.txt')).length).toBe(count)
    await expect.poll(() => distinct(folder.file('alerts.txt')).length).toBe(alerts.length)
    third.kill('SIGTERM')
    expect((await third.finished).code).toBe(0)
    expect(distinct(folder.file('logs.txt'))).toEqual(all)
    expect(distinct(folder.file('alerts.txt'))).toEqual(alerts)
  }, 60_000)

  it('needs a state directory', async () => {
    using folder = new Folder()
    folder.write('plugins.ts', plugins)
    folder.write('weir.json', { ...config, service: { ...config.service, state_dir: 'memory' } })
    for (const command of ['validate', 'run']) {
      const { code, stderr } = await folder.weir(command)
      expect(code).toBe(2)
      expect(stderr).toContain('frail/logs keeps its queue on disk, but service.state_dir is memory')
    }
  })
})
