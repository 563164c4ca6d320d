import { spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Command, Folder } from './command.fixture.ts'

const count = 5000
const line = (index: number, time = '24/Nov/2026:13:55:36 +0000') =>
  `192.0.2.${index % 250} - - [${time}] "GET /item/${index} HTTP/1.1" 200 ${index} "-" "curl/8"\n`
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => line(from + at)).join('')

const pipeline = {
  receivers: { file: { include: ['access.log'], parser: 'nginx', poll_interval: '20ms' } },
  exporters: { file: { path: 'out.ndjson' } },
  service: { pipelines: { logs: { receivers: ['file'], exporters: ['file'] } } },
}

const written = (folder: Folder, name = 'out.ndjson') =>
  existsSync(folder.file(name)) ? readFileSync(folder.file(name), 'utf8') : ''
const records = (folder: Folder) =>
  written(folder)
    .split('\n')
    .slice(0, -1)
    .map((text) => JSON.parse(text))
const items = (folder: Folder) => records(folder).map(({ attributes }) => Number(attributes['url.path'].slice(6)))
const upTo = (end: number) => Array.from({ length: end }, (_, index) => index)

async function terminated(command: Command): Promise<void> {
  command.kill('SIGTERM')
  expect((await command.finished).code).toBe(0)
}

const nobody = 65_534
/** Runs Node without the rights of root, which may read everything. */
const asNobody = (args: string[], cwd?: string) =>
  spawnSync('setpriv', [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', process.execPath, ...args], {
    cwd,
    encoding: 'utf8',
  })
const canBeNobody = asNobody(['--eval', `require('fs').readdirSync('${import.meta.dirname}')`]).status === 0

describe('a machine', () => {
  it('whose clock steps back an hour and forward a year loses and repeats no line, and stops no timer', async () => {
    using folder = new Folder()
    folder.write(
      'clock.mjs',
      `const { now } = Date
       const steps = [0, -3_600_000, 365 * 86_400_000]
       let at = 0
       setInterval(() => at++, 50).unref()
       Date.now = () => now() + steps[at % steps.length]`,
    )
    folder.write('weir.json', pipeline)
    folder.write('access.log', lines(0, 10))
    const command = folder.start(['run', '--quiet'], { NODE_OPTIONS: `--import ${folder.file('clock.mjs')}` })
    for (let end = 10; end <= 100; end += 10) {
      await expect.poll(() => items(folder).length).toBe(end)
      appendFileSync(folder.file('access.log'), lines(end, end + 10))
    }
    await expect.poll(() => items(folder).length).toBe(110)
    await terminated(command)
    await folder.weir('run', '--once', '--quiet')
    expect(items(folder)).toEqual(upTo(110))
  }, 60_000)

  it('gives the same to the byte whatever its zone and its language', async () => {
    using folder = new Folder()
    folder.write('weir.json', {
      ...pipeline,
      receivers: { file: { ...pipeline.receivers.file, include: ['*.log'], parser: 'auto' } },
      detectors: { pattern: { patterns: ['/item/77 '] } },
      processors: { anomaly: { detectors: ['pattern', 'rate', 'error_rate', 'new_pattern'] } },
      exporters: { ...pipeline.exporters, 'file/alerts': { path: 'alerts.ndjson' } },
      service: {
        state_dir: 'memory',
        pipelines: {
          logs: { receivers: ['file'], processors: ['anomaly'], exporters: ['file'] },
          alerts: { receivers: ['anomaly'], exporters: ['file/alerts'] },
        },
      },
    })
    folder.write('access.log', lines(0, 2000) + line(0).replace(' 200 ', ' 500 ').repeat(500))
    const outputs = []
    const zones = [
      { TZ: 'UTC', LC_ALL: 'C', LANG: 'C' },
      { TZ: 'Asia/Kathmandu', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8' },
      { TZ: 'America/St_Johns', LC_ALL: 'ar_EG.UTF-8', LANG: 'ar_EG.UTF-8' },
    ]
    for (const zone of zones) {
      expect((await folder.start(['run', '--once', '--quiet'], zone).finished).code).toBe(0)
      outputs.push([written(folder), written(folder, 'alerts.ndjson')])
      for (const name of ['out.ndjson', 'alerts.ndjson']) rmSync(folder.file(name))
    }
    expect(outputs[0]?.[0]?.split('\n').length).toBe(2501)
    expect(outputs[0]?.[1]).not.toBe('')
    expect(outputs[1]).toEqual(outputs[0])
    expect(outputs[2]).toEqual(outputs[0])
  }, 60_000)

  it('reads events of 1970, 2106 and the year 9999 as they are, and its detectors do not wait for them', async () => {
    using folder = new Folder()
    const times = ['01/Jan/1970:00:00:00 +0000', '07/Feb/2106:06:28:16 +0000', '31/Dec/9999:23:59:59 +0000']
    folder.write('weir.json', {
      ...pipeline,
      detectors: { threshold: { above: 1500, window: '1m' } },
      processors: { anomaly: { detectors: ['rate', 'error_rate', 'new_pattern', 'threshold'] } },
      exporters: { ...pipeline.exporters, 'file/alerts': { path: 'alerts.ndjson' } },
      service: {
        pipelines: {
          logs: { receivers: ['file'], processors: ['anomaly'], exporters: ['file'] },
          alerts: { receivers: ['anomaly'], exporters: ['file/alerts'] },
        },
      },
    })
    folder.write(
      'access.log',
      [
        line(0, '24/Nov/2026:13:50:00 +0000') + lines(1, 1000),
        ...times.map((time, at) => line(1000 + at, time)),
        lines(1003, 1999) + line(1999, '24/Nov/2026:14:00:00 +0000'),
      ].join(''),
    )
    expect((await folder.weir('run', '--once', '--quiet')).code).toBe(0)
    expect(items(folder)).toEqual(upTo(2000))
    expect(
      records(folder)
        .slice(1000, 1003)
        .map(({ time }) => time),
    ).toEqual([...['1970-01-01T00:00:00.000Z', '2106-02-07T06:28:16.000Z', '9999-12-31T23:59:59.000Z']])
    // Those before and those behind are in one window, which their own time closes.
    expect(written(folder, 'alerts.ndjson')).toContain('count of records is 1995 over 1m')
  }, 60_000)

  it('whose event loop a plugin blocks for ten seconds goes on as if nothing had been', async () => {
    using folder = new Folder()
    folder.write(
      'plugin.ts',
      `import { defineProcessor } from '@weir/sdk'
       const process = (batch) => {
         let isNow = false
         batch.forEach((record) => { isNow ||= record.attributes.get('url.path') === '/item/10' })
         for (const until = Date.now() + 10_000; isNow && Date.now() < until; );
         return batch
       }
       export default defineProcessor({ type: 'block', create: () => ({ process }) })`,
    )
    folder.write('weir.json', {
      ...pipeline,
      plugins: { paths: ['plugin.ts'] },
      processors: { block: {} },
      service: { pipelines: { logs: { ...pipeline.service.pipelines.logs, processors: ['block'] } } },
    })
    folder.write('access.log', lines(0, 10))
    const command = folder.start(['run', '--quiet'])
    await expect.poll(() => items(folder).length).toBe(10)
    appendFileSync(folder.file('access.log'), lines(10, 20))
    for (let at = 20; at < count; at += 100)
      appendFileSync(folder.file('access.log'), lines(at, Math.min(count, at + 100)))
    await expect.poll(() => items(folder).length).toBe(count)
    await terminated(command)
    await folder.weir('run', '--once', '--quiet')
    expect(items(folder)).toEqual(upTo(count))
    expect(command.stderr).not.toMatch(/"level":(40|50|60)/)
  }, 60_000)

  it('whose limit of open files is low reads what it can, says which files it could not read, and reads them when there is room', async () => {
    using folder = new Folder()
    folder.write('weir.json', {
      ...pipeline,
      receivers: { file: { include: ['logs/*.log'], parser: 'nginx', poll_interval: '20ms' } },
    })
    mkdirSync(folder.file('logs'))
    for (let index = 0; index < 200; index++) folder.write(`logs/${index}.log`, line(index))
    const limited = (limit: number) => {
      const command = `ulimit -n ${limit}; exec "${process.execPath}" "${import.meta.dirname}/main.ts" run --once --quiet`
      return spawnSync('bash', ['-c', command], { cwd: folder.path, encoding: 'utf8' })
    }
    const { stderr } = limited(60)
    const read = items(folder).length
    expect(read).toBeGreaterThan(0)
    expect(read).toBeLessThan(200)
    expect(stderr.match(/the process has too many files open; lower max_open_files/g)).toHaveLength(200 - read)
    expect(limited(1024)).toMatchObject({ stderr: '', status: 0 })
    expect(items(folder).toSorted((a, b) => a - b)).toEqual(upTo(200))
  }, 60_000)

  it.skipIf(!canBeNobody)(
    'that lets it read some files alone reads those, and says of the others once what is missing',
    async () => {
      using folder = new Folder()
      folder.write('weir.json', {
        ...pipeline,
        receivers: { file: { include: ['*.log'], parser: 'nginx', poll_interval: '20ms' } },
      })
      folder.write('secret.log', line(0))
      folder.write('access.log', line(1))
      for (const name of ['.', 'weir.json', 'access.log']) chownSync(folder.file(name), nobody, nobody)
      chmodSync(folder.file('secret.log'), 0o600)
      const { status, stderr } = asNobody([`${import.meta.dirname}/main.ts`, 'run', '--once', '--quiet'], folder.path)
      expect(status).toBe(3)
      expect(items(folder)).toEqual([1])
      expect(stderr.match(/cannot read [^ ]*secret\.log: no permission to read it/g)).toHaveLength(1)
      expect(stderr).toMatch(/not read:\n {2}file {2}[^ ]*secret\.log\n$/)
    },
  )
})

describe('a config, while the collector runs,', () => {
  it('that is emptied, made garbage, unreadable or deleted leaves it running, and is taken up when it is well again', async () => {
    using folder = new Folder()
    folder.write('weir.json', pipeline)
    folder.write('access.log', lines(0, 10))
    const command = folder.start(['run', 'weir.json', '--watch', '--quiet'])
    await expect.poll(() => items(folder).length).toBe(10)
    let end = 10
    const spoiled = [
      () => folder.write('weir.json', ''),
      () => folder.write('weir.json', '\\0{{{ garbage'),
      () => rmSync(folder.file('weir.json')),
      // Nobody can read a folder as a file, not even root.
      () => mkdirSync(folder.file('weir.json')),
    ]
    for (const [index, spoil] of spoiled.entries()) {
      spoil()
      command.kill('SIGHUP')
      const refusals = () => command.stderr.split('but the config is wrong: what runs goes on').length - 1
      await expect.poll(refusals).toBeGreaterThan(index)
      appendFileSync(folder.file('access.log'), lines(end, end + 10))
      end += 10
      await expect.poll(() => items(folder).length).toBe(end)
    }
    rmSync(folder.file('weir.json'), { recursive: true })
    folder.write('weir.json', { ...pipeline, exporters: { file: { path: 'other.ndjson' } } })
    command.kill('SIGHUP')
    await expect.poll(() => command.stderr).toContain('reloaded')
    appendFileSync(folder.file('access.log'), lines(end, end + 10))
    await expect.poll(() => written(folder, 'other.ndjson').split('\n').length - 1).toBe(10)
    await terminated(command)
    expect(items(folder)).toEqual(upTo(end))
  }, 60_000)
})
