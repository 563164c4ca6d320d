import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Folder } from './command.fixture.ts'

const minute = 60_000
const begun = Date.UTC(2026, 0, 5, 8)

/** Requests as JSON lines: 120 a minute for an hour and a half, with a burst of slow errors on one path after an hour. */
function requests(): string {
  const lines: string[] = []
  for (let index = 0; index < 90 * 120; index++) {
    const time = begun + index * 500
    const isBad = time >= begun + 60 * minute && time < begun + 63 * minute
    const path = `/p${index % 4}`
    const line = (status: number, duration: number, extra = '') =>
      JSON.stringify({
        time: new Date(time).toISOString(),
        level: status < 500 ? 'INFO' : 'ERROR',
        message: `GET ${path} ${status}${extra}`,
        path,
        status,
        duration,
        user: `u${index % 50}`,
      })
    lines.push(line(index % 60 === 7 ? 500 : 200, 20 + ((index * 7) % 30)))
    if (isBad) lines.push(line(503, 900), line(503, 950, ' upstream is gone'))
  }
  return `${lines.join('\n')}\n`
}

const read = (folder: Folder, name: string) => readFileSync(folder.file(name), 'utf8')
const records = (text: string): { time: string; attributes: { [name: string]: unknown } }[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('detection in a pipeline', () => {
  it('measures logs, watches the metrics, and alerts on them', async () => {
    using folder = new Folder()
    folder.write('app.log', requests())
    const byPath = ['attributes.path']
    folder.write('weir.json', {
      receivers: { file: { include: ['app.log'] } },
      connectors: {
        metrics: {
          metrics: [
            { name: 'requests', group_by: byPath },
            { name: 'errors', where: 'attributes.status >= 500', group_by: byPath },
          ],
        },
      },
      detectors: {
        'threshold/errors': {
          ...{ field: 'metric.value', aggregate: 'max', above: 20, window: '1m' },
          ...{ where: 'attributes.metric.name == "errors"', group_by: ['metric.name', 'path'] },
        },
      },
      processors: { anomaly: { detectors: ['threshold/errors'] } },
      exporters: { 'file/metrics': { path: 'metrics.ndjson' }, 'file/alerts': { path: 'alerts.ndjson' } },
      service: {
        pipelines: {
          logs: { receivers: ['file'], exporters: ['metrics'] },
          metrics: { receivers: ['metrics'], processors: ['anomaly'], exporters: ['file/metrics'] },
          alerts: { receivers: ['anomaly'], exporters: ['file/alerts'] },
        },
      },
    })
    expect(await folder.weir('run', '--once')).toMatchObject({ code: 0 })
    const points = records(read(folder, 'metrics.ndjson')).map(({ attributes }) => attributes)
    const total = (name: string) =>
      points
        .filter((point) => point['metric.name'] === name)
        .reduce((sum, point) => sum + Number(point['metric.value']), 0)
    expect([total('requests'), total('errors')]).toEqual([90 * 120 + 720, 180 + 720])
    const alerts = records(read(folder, 'alerts.ndjson'))
    const firing = alerts.filter(({ attributes }) => attributes['alert.state'] === 'firing')
    expect(firing.map(({ attributes }) => Reflect.get(Object(attributes['alert.group']), 'path')).sort()).toEqual([
      '/p0',
      '/p1',
      '/p2',
      '/p3',
    ])
    expect(alerts.length).toBe(8)
  })

  it('gives the same alerts to the byte, with workers, with each detector in a thread of its own, and without', async () => {
    using folder = new Folder()
    folder.write('app.log', requests())
    const outcomes = []
    const variants = [
      { workers: 0, isolation: 'none' },
      { workers: 1, isolation: 'none' },
      { workers: 2, isolation: 'none' },
      { workers: 0, isolation: 'worker' },
    ]
    for (const { workers, isolation } of variants) {
      const path = `alerts-${workers}-${isolation}.ndjson`
      folder.write('weir.json', {
        receivers: { file: { include: ['app.log'] } },
        detectors: {
          rate: { isolation },
          error_rate: { isolation },
          new_pattern: { isolation },
          missing_pattern: { isolation },
          series: { isolation },
          'cardinality/users': { isolation, field: 'attributes.user' },
          'distribution/status': { isolation, field: 'attributes.status' },
          'series/latency': { isolation, field: 'attributes.duration', interval: '1m', warmup: 30 },
          'rate/paths': { isolation, group_by: ['attributes.path'] },
          'threshold/slow': { isolation, field: 'attributes.duration', aggregate: 'quantile', above: 500 },
          'pattern/gone': { isolation, patterns: ['is gone'] },
        },
        processors: {
          template: {},
          anomaly: {
            detectors: [
              ...['rate', 'error_rate', 'new_pattern', 'missing_pattern', 'series', 'cardinality/users'],
              ...['distribution/status', 'series/latency', 'rate/paths', 'threshold/slow', 'pattern/gone'],
            ],
          },
        },
        connectors: { correlation: { keep_alerts: true } },
        exporters: { file: { path } },
        service: {
          ...{ workers, state_dir: `state-${workers}-${isolation}` },
          pipelines: {
            logs: { receivers: ['file'], processors: ['template', 'anomaly'], exporters: [] },
            'alerts/raw': { receivers: ['anomaly'], exporters: ['correlation'] },
            alerts: { receivers: ['correlation'], exporters: ['file'] },
          },
        },
      })
      expect(await folder.weir('run', '--once')).toMatchObject({ code: 0 })
      outcomes.push(read(folder, path))
    }
    const rules = new Set(records(outcomes[0] ?? '').map(({ attributes }) => attributes['alert.rule']))
    for (const rule of ['correlation', 'rate', 'error_rate', 'rate/paths', 'threshold/slow', 'pattern/gone']) {
      expect(rules).toContain(rule)
    }
    expect(outcomes[1]).toBe(outcomes[0])
    expect(outcomes[2]).toBe(outcomes[0])
    expect(outcomes[3]).toBe(outcomes[0])
  }, 300_000)
})
