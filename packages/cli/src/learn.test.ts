import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Folder } from './command.fixture.ts'

const minute = 60_000
const begun = Date.UTC(2026, 0, 5, 8)

/** So many lines a minute from one time on, now and then an error. */
const lines = (from: number, minutes: number, perMinute: number): string =>
  Array.from({ length: minutes * perMinute }, (_, index) => {
    const time = new Date(from + Math.floor((index * minute) / perMinute)).toISOString()
    return `${time} ${index % 100 === 50 ? 'ERROR payment' : 'INFO request'} ${index % 7} handled\n`
  }).join('')

const config = {
  receivers: { file: { include: ['app.log'] } },
  processors: { anomaly: { detectors: ['rate', 'error_rate', 'new_pattern'] } },
  exporters: { file: { path: 'alerts.ndjson' } },
  service: {
    pipelines: {
      logs: { receivers: ['file'], processors: ['anomaly'], exporters: [] },
      alerts: { receivers: ['anomaly'], exporters: ['file'] },
    },
  },
}

const alertsOf = (folder: Folder): [unknown, unknown][] =>
  readFileSync(folder.file('alerts.ndjson'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { attributes } = JSON.parse(line)
      return [attributes['alert.rule'], attributes['alert.state']]
    })

describe('weir learn', () => {
  it('knows what is usual from history, says so, and does not take the time since then for silence', async () => {
    using folder = new Folder()
    folder.write('weir.json', config)
    writeFileSync(folder.file('app.log.2.gz'), gzipSync(lines(begun, 30, 60)))
    folder.write('app.log.1', lines(begun + 30 * minute, 30, 60))
    const { code, stdout, stderr } = await folder.weir('learn', 'app.log.2.gz', 'app.log.1')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('learnt from 3,600 records')
    expect(stdout).toMatch(/rate: usually 60 records in 1m \(\d+ to \d+\), from 5\d windows/)
    expect(stdout).toMatch(/error_rate: usually 1 % errors/)
    expect(stdout).toContain('new_pattern: 2 kinds of messages, from 3600 messages')
    const shown = await folder.weir('state', 'show', 'anomaly', 'learnt')
    expect(JSON.parse(shown.stdout).rate[0]).toContain('usually 60 records')
    expect(existsSync(folder.file('alerts.ndjson'))).toBe(false)

    const later = begun + 5 * 60 * minute
    folder.write('app.log', lines(later, 3, 60) + lines(later + 3 * minute, 2, 400) + lines(later + 5 * minute, 3, 60))
    expect((await folder.weir('run', '--once')).code).toBe(0)
    expect(alertsOf(folder)).toEqual([
      ['rate', 'firing'],
      ['rate', 'resolved'],
    ])
  })

  it('replaces what was learnt before only if it is told to', async () => {
    using folder = new Folder()
    folder.write('weir.json', config)
    folder.write('long.log', lines(begun, 60, 60))
    folder.write('short.log', lines(begun, 30, 120))
    expect((await folder.weir('learn', 'long.log')).stdout).toContain('usually 60 records')
    const { code, stderr } = await folder.weir('learn', 'short.log')
    expect(code).not.toBe(0)
    expect(stderr).toContain('the detectors of anomaly@logs have learnt already')
    expect(stderr).toContain('weir learn --force')
    expect((await folder.weir('learn', 'short.log', '--force')).stdout).toContain('usually 120 records')
  })

  it('says what is missing', async () => {
    using folder = new Folder()
    const { receivers, service } = config
    const two = { ...receivers, 'file/other': { include: ['other.log'] } }
    const logs = { ...service.pipelines.logs, receivers: Object.keys(two) }
    folder.write('weir.json', { ...config, receivers: two, service: { pipelines: { ...service.pipelines, logs } } })
    folder.write('app.log', '')
    expect(await folder.weir('learn', 'none.log')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('none.log'),
    })
    const { code, stderr } = await folder.weir('learn', 'app.log')
    expect(code).not.toBe(0)
    expect(stderr).toContain('--receiver file or file/other')
    expect((await folder.weir('learn', 'app.log', '--receiver', 'file/other')).code).toBe(0)
  })
})
