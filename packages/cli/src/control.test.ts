import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Command, Folder } from './command.fixture.ts'

const line = (index: number) =>
  `192.0.2.1 - - [24/Nov/2026:13:55:00 +0000] "GET /item/${index} HTTP/1.1" ${index % 10 === 0 ? 500 : 200} 7 "-" "curl\u001b[31m"\n`
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => line(from + index)).join('')

/** A processor that raises an alert for every batch, and an exporter that keeps everything waiting. */
const plugins = `
import { appendAlert, ConnectorOutput, defineExporter, defineProcessor, LogBatch } from '@weir/sdk'
const alarm = defineProcessor({
  type: 'alarm',
  emits: 'alerts',
  inject: { output: ConnectorOutput },
  create: ({ output }) => ({
    async process(batch) {
      const alerts = new LogBatch({ signal: 'alerts' })
      appendAlert(alerts, {
        id: 'a', fingerprint: 'f', rule: 'alarm', state: 'firing', severity: 'critical', title: 'too \\u001b[31mmuch',
        time: 0, startedAt: 0, count: 1, group: {},
      })
      await output.send(alerts)
      return batch
    },
  }),
})
const never = defineExporter({ type: 'never', create: () => ({ export: () => new Promise(() => {}) }) })
export default [alarm, never]
`

const config = {
  plugins: { paths: ['plugins.ts'] },
  receivers: { file: { include: ['access.log'], parser: 'nginx', poll_interval: '20ms' } },
  processors: { alarm: {} },
  exporters: { file: { path: 'out.ndjson' }, blackhole: {} },
  service: {
    shutdown_timeout: '200ms',
    pipelines: {
      logs: { receivers: ['file'], processors: ['alarm'], exporters: ['file'] },
      alerts: { receivers: ['alarm'], exporters: ['blackhole'] },
    },
  },
}
const stuck = {
  ...config,
  exporters: { ...config.exporters, never: { sending_queue: { queue_size: 1 } } },
  service: {
    ...config.service,
    pipelines: {
      ...config.service.pipelines,
      logs: { receivers: ['file'], processors: ['alarm'], exporters: ['file', 'never'] },
    },
  },
}

/** A folder with a collector that runs in it and has read `count` lines. */
async function running(folder: Folder, count: number, started: object = config): Promise<Command> {
  folder.write('plugins.ts', plugins)
  folder.write('weir.json', started)
  folder.write('access.log', lines(0, count))
  const command = folder.start(['run', '-q'])
  await expect.poll(() => existsSync(folder.file('.weir/control.sock'))).toBe(true)
  await expect.poll(() => written(folder)).toBe(count)
  return command
}

const written = (folder: Folder): number =>
  existsSync(folder.file('out.ndjson')) ? readFileSync(folder.file('out.ndjson'), 'utf8').split('\n').length - 1 : 0

/** Lines that keep coming until the end of the block: those that come before a tap looks on are not seen by it. */
function flowing(folder: Folder, text: string): Disposable {
  const writing = setInterval(() => appendFileSync(folder.file('access.log'), text), 100)
  return { [Symbol.dispose]: () => clearInterval(writing) }
}

/** The records of a tap, once it looks on and lines have come. */
async function tapped(folder: Folder, args: string[], text: string) {
  using _ = flowing(folder, text)
  return await folder.weir('tap', ...args)
}

describe('a running collector', () => {
  it('is seen by weir top: what came in, passed, went out, waits and fires', async () => {
    using folder = new Folder()
    const command = await running(folder, 1000)
    expect(statSync(folder.file('.weir/control.sock')).mode & 0o777).toBe(0o600)
    expect(statSync(folder.file('.weir')).mode & 0o777).toBe(0o700)

    const json = await folder.weir('top', '--json')
    expect(json).toMatchObject({ code: 0, stderr: '' })
    const bytes = lines(0, 1000).length
    expect(JSON.parse(json.stdout)).toMatchObject({
      pid: command.pid,
      files: ['weir.json'],
      receivers: [{ id: 'file', records: 1000, bytes, parseFailures: 0, recordsPerSecond: 0, oldestDeliveryMs: 0 }],
      pipelines: [
        { name: 'logs', incoming: 1000, outgoing: 1000, dropped: 0, processors: [{ id: 'alarm', records: 1000 }] },
        { name: 'alerts', connectors: ['alarm'] },
      ],
      exporters: [
        { id: 'blackhole', circuit: 'closed' },
        {
          id: 'file',
          sent: 1000,
          failed: 0,
          retries: 0,
          circuit: 'closed',
          fill: 0,
          queue: { records: 0, maxRecords: 32_768 },
        },
      ],
      alerts: { firing: 1, recent: [{ rule: 'alarm', severity: 'critical', state: 'firing' }] },
      backpressure: [],
    })

    const { stdout } = await folder.weir('top', '--once')
    expect(stdout).toMatch(/^weir top {2}weir\.json · pid \d+ · up \d/)
    expect(stdout).toMatch(/^file +0 +0\.00 +1,000 +0/m)
    expect(stdout).toMatch(/^ALERTS {2}1 firing\n {2}1970-01-01 00:00:00 {2}critical {2}too much {2}alarm$/m)
    expect(stdout).not.toContain('\u001b')

    command.kill('SIGTERM')
    expect((await command.finished).code).toBe(0)
    expect(existsSync(folder.file('.weir/control.sock'))).toBe(false)
  }, 30_000)

  it('shows who holds it back', async () => {
    using folder = new Folder()
    const command = await running(folder, 10, stuck)
    appendFileSync(folder.file('access.log'), lines(10, 20))
    await expect.poll(() => written(folder)).toBe(20)
    appendFileSync(folder.file('access.log'), lines(20, 30))
    await expect
      .poll(async () => JSON.parse((await folder.weir('top', '--json')).stdout).backpressure)
      .toMatchObject([{ id: 'never', holdsBack: ['logs'], blocked: expect.any(Number) }])
    expect((await folder.weir('top', '--once')).stdout).toMatch(
      /^ {2}never is slower than what comes, and holds back logs \(\d+ % of the time\)$/m,
    )
    expect((await folder.weir('graph', '--live')).stdout).toMatch(/├─ 0\/s · \d+ waiting \(100 %\) ─+▶ never/)
    expect((await folder.weir('graph', '--live', '--svg')).stdout).toMatch(
      /^<svg [\s\S]*>0\/s · \d+ waiting \(100 %\)<[\s\S]*<\/svg>\n$/,
    )
    command.kill('SIGTERM')
    expect((await command.finished).code).toBe(1)
  }, 40_000)

  it('lets records be seen as they pass: where a condition holds, at every point, without control characters', async () => {
    using folder = new Folder()
    await running(folder, 10)
    const list = await folder.weir('tap', '--list')
    expect(
      list.stdout
        .trimEnd()
        .split('\n')
        .map((row) => row.split(/ +/)),
    ).toEqual([
      ['receiver', 'file', 'receivers.file'],
      ['pipeline', 'logs', 'pipelines.logs'],
      ['processor', 'alarm', 'processors.alarm'],
      ['pipeline', 'alerts', 'pipelines.alerts'],
      ['exporter', 'file', 'exporters.file'],
      ['exporter', 'blackhole', 'exporters.blackhole'],
    ])

    const where = 'attributes.http.response.status_code == 500'
    const json = await tapped(folder, ['alarm', '--where', where, '--limit', '3', '--json'], lines(0, 20))
    expect(json.code).toBe(0)
    expect(json.stderr).toMatch(/^3 of \d+ records shown/)
    const records = json.stdout
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text))
    expect(records).toHaveLength(3)
    for (const record of records) expect(record.attributes).toMatchObject({ 'http.response.status_code': 500 })

    const text = await tapped(folder, ['exporters.file', '--limit', '1'], lines(5, 6))
    expect(text.stdout).toMatch(/^2026-11-24 13:55:00\.000Z INFO .*GET \/item\/5.* url\.path=\/item\/5/)
    expect(text.stdout).not.toContain('\u001b')
    const alerts = await tapped(folder, ['alerts', '--limit', '1'], lines(5, 6))
    expect(alerts.stdout).toContain('too much')

    const ambiguous = await folder.weir('tap', 'file')
    expect(ambiguous.code).toBe(1)
    expect(ambiguous.stderr).toContain('say which: receivers.file, exporters.file')
    const wrong = await folder.weir('tap', 'alarm', '--where', 'severty > 3')
    expect(wrong.stderr).toContain('there is no field "severty"')
  }, 40_000)

  it('ends a tap that is interrupted, and one whose collector stops', async () => {
    using folder = new Folder()
    const command = await running(folder, 10)
    const taps = [folder.start(['tap', 'alarm']), folder.start(['tap', 'logs'])]
    using _ = flowing(folder, line(1))
    await expect.poll(() => taps.every(({ stdout }) => stdout !== '')).toBe(true)
    taps[0]?.kill('SIGINT')
    const [interrupted] = await Promise.all([taps[0]?.finished])
    expect(interrupted).toMatchObject({ code: 0, stderr: expect.stringMatching(/records shown\n$/) })
    command.kill('SIGTERM')
    expect(await taps[1]?.finished).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/the collector has stopped\n$/),
    })
  }, 30_000)

  it('goes over to its changed config when weir reload says so, and not to a wrong one', async () => {
    using folder = new Folder()
    const command = await running(folder, 10)
    folder.write('weir.json', { ...config, exporters: { file: { path: 'out.ndjson' }, blackhol: {} } })
    const wrong = await folder.weir('reload')
    expect(wrong).toMatchObject({ code: 2, stdout: '' })
    expect(wrong.stderr).toContain('error exporters.blackhol: ')
    expect(wrong.stderr).toContain('did you mean "blackhole"?')
    expect(wrong.stderr).toContain('not reloaded: the config is wrong, and what runs goes on')
    appendFileSync(folder.file('access.log'), lines(10, 20))
    await expect.poll(() => written(folder)).toBe(20)

    folder.write('weir.json', { ...config, exporters: { file: { path: 'other.ndjson' }, blackhole: {} } })
    expect(await folder.weir('reload')).toEqual({ code: 0, stdout: 'reloaded\n', stderr: '' })
    appendFileSync(folder.file('access.log'), lines(20, 30))
    await expect.poll(() => existsSync(folder.file('other.ndjson'))).toBe(true)
    expect(command.stderr).toContain('asked to reload: reloaded')
    const { pipelines } = JSON.parse((await folder.weir('graph', '--live', '--json')).stdout)
    expect(pipelines[0]).toMatchObject({ name: 'logs', incoming: 30 })

    const tap = folder.start(['tap', 'logs'])
    using _ = flowing(folder, line(77))
    await expect.poll(() => tap.stdout).toContain('/item/77')
    folder.write('weir.json', config)
    expect((await folder.weir('reload')).code).toBe(0)
    appendFileSync(folder.file('access.log'), line(99))
    await expect.poll(() => tap.stdout).toContain('/item/99')
  }, 90_000)

  it('that is not there is missed with words, by every verb', async () => {
    using folder = new Folder()
    folder.write('weir.json', config)
    const verbs = [['top'], ['reload'], ['tap', 'logs'], ['graph', '--live']]
    for (const { code, stderr } of await Promise.all(verbs.map((args) => folder.weir(...args)))) {
      expect(code).toBe(1)
      expect(stderr).toContain(`no collector is running here: nothing listens on ${folder.file('.weir/control.sock')}`)
      expect(stderr).toContain('start one (weir run)')
    }
    const elsewhere = await folder.weir('top', '--socket', 'elsewhere.sock')
    expect(elsewhere.stderr).toContain('nothing listens on elsewhere.sock')
  }, 20_000)

  it('has no socket where the config says so, and under --once only when asked', async () => {
    using folder = new Folder()
    folder.write('plugins.ts', plugins)
    folder.write('access.log', lines(0, 10))
    const off = { ...config, service: { ...config.service, control: { enabled: false } } }
    folder.write('weir.json', off)
    const command = folder.start(['run', '-q'])
    await expect.poll(() => written(folder)).toBe(10)
    expect(existsSync(folder.file('.weir/control.sock'))).toBe(false)
    expect((await folder.weir('top')).stderr).toContain('service.control.enabled is false')
    command.kill('SIGTERM')
    await command.finished

    folder.write('weir.json', { ...stuck, service: { ...stuck.service, shutdown_timeout: '30s' } })
    appendFileSync(folder.file('access.log'), lines(10, 20))
    const once = folder.start(['run', '--once', '--control', '-q'])
    await expect.poll(() => existsSync(folder.file('.weir/control.sock'))).toBe(true)
    expect((await folder.weir('top', '--once')).code).toBe(0)
    once.kill('SIGKILL')
  }, 40_000)
})
