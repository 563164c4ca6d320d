import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Folder } from './command.fixture.ts'

const line = (index: number) =>
  `192.0.2.${index % 250} - - [24/Nov/2026:13:55:${String(index % 60).padStart(2, '0')} +0000] "GET /item/${index} HTTP/1.1" 200 ${index} "-" "curl/8"\n`
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => line(from + index)).join('')

/** A pipeline from access.log to out.ndjson, with durable state. */
const pipeline = {
  receivers: { file: { include: ['access.log'], parser: 'nginx', poll_interval: '20ms' } },
  exporters: { file: { path: 'out.ndjson' } },
  service: { pipelines: { logs: { receivers: ['file'], exporters: ['file'] } } },
}

/** The lines that have arrived, in the order in which they did; one that is being written does not count. */
function written(folder: Folder): string[] {
  if (!existsSync(folder.file('out.ndjson'))) return []
  return readFileSync(folder.file('out.ndjson'), 'utf8').split('\n').slice(0, -1)
}
const itemOf = (record: string) => Number(JSON.parse(record).attributes['url.path'].slice('/item/'.length))
const items = (folder: Folder): number[] => written(folder).map(itemOf)
/** The same where a kill may have torn the line that was being written, which then has a line of its own. */
const itemsAfterKills = (folder: Folder): number[] =>
  written(folder).flatMap((record) => (isWhole(record) ? itemOf(record) : []))

function isWhole(record: string): boolean {
  try {
    JSON.parse(record)
    return true
  } catch {
    return false
  }
}
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

const slowReceiver = `
import { defineReceiver } from '@weir/sdk'
export default defineReceiver({
  type: 'slow',
  create: () => ({
    async start() {
      process.stderr.write('about to start\\n')
      await new Promise((resolve) => setTimeout(resolve, 300))
    },
    stop() {},
  }),
})
`

const leavingReceiver = `
import { defineReceiver } from '@weir/sdk'
export default defineReceiver({
  type: 'leaving',
  create: () => ({
    start() {
      setInterval(() => {}, 1000)
      throw new Error('cannot start')
    },
    stop() {},
  }),
})
`

describe('weir run', () => {
  it.each([
    ['given up', 1, {}],
    ['dead letters', 0, { dead_letter: { path: 'dead.ndjson' } }],
  ])('ends with what became of records that a sink refuses: %s, status %i', async (label, status, keys) => {
    using folder = new Folder()
    await using sink = createServer((_, response) => response.writeHead(400).end())
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve))
    const { port } = sink.address() as AddressInfo
    folder.write('access.log', lines(0, 3))
    folder.write('weir.json', {
      ...pipeline,
      exporters: { webhook: { url: `http://127.0.0.1:${port}/`, ...keys } },
      service: { pipelines: { logs: { receivers: ['file'], exporters: ['webhook'] } } },
    })
    const { code, stdout } = await folder.weir('run', '--once')
    expect(stdout).toMatch(new RegExp(`${label} +3\\n`))
    expect(stdout).not.toContain(label === 'given up' ? 'dead letters' : 'given up')
    expect(code).toBe(status)
  })

  it('reads the input to its end under --once, says what it did, and goes on from there the next time', async () => {
    using folder = new Folder()
    folder.write('weir.json', pipeline)
    folder.write('access.log', lines(0, 5000))
    const first = await folder.weir('run', '--once')
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first.stdout).toMatch(/records +5,000 \(0\.\d MB\)/)
    expect(first.stdout).toMatch(/parse failures +0/)
    expect(items(folder)).toEqual(upTo(5000))
    appendFileSync(folder.file('access.log'), lines(5000, 5003))
    const second = await folder.weir('run', '--once')
    expect(second.stdout).toMatch(/records +3 /)
    expect(items(folder)).toEqual(upTo(5003))
  })

  it('ends although a plugin has left something open, and says what', { timeout: 180_000 }, async () => {
    using folder = new Folder()
    folder.write('leaving.ts', leavingReceiver)
    folder.write('weir.json', {
      ...pipeline,
      plugins: { paths: ['leaving.ts'] },
      receivers: { leaving: {} },
      service: { pipelines: { logs: { receivers: ['leaving'], exporters: ['file'] } } },
    })
    const { code, stderr } = await folder.weir('run')
    expect(code).not.toBe(0)
    expect(stderr).toContain('cannot start')
    expect(stderr).toMatch(/Timeout.*a component has left something open/)
  })

  it('follows a file, and delivers what it has read when it is told to stop', async () => {
    using folder = new Folder()
    folder.write('weir.json', pipeline)
    folder.write('access.log', lines(0, 10))
    const command = folder.start(['run'])
    await expect.poll(() => items(folder).length).toBe(10)
    appendFileSync(folder.file('access.log'), lines(10, 20))
    await expect.poll(() => items(folder).length).toBe(20)
    command.kill('SIGTERM')
    expect((await command.finished).code).toBe(0)
    expect(JSON.parse(command.stderr).msg).toBe(`following ${folder.file('access.log')} from its beginning`)
    expect(items(folder)).toEqual(upTo(20))
  })

  it('loses no line when it is killed again and again', async () => {
    using folder = new Folder()
    const count = 60_000
    folder.write('weir.json', pipeline)
    folder.write('access.log', lines(0, count))
    const kills = [5000, 23_000, 41_000, 59_000]
    for (const killAt of kills) {
      const command = folder.start(['run'])
      const last = () => itemOf(written(folder).findLast(isWhole) ?? '{"attributes":{"url.path":"/item/-1"}}')
      await expect.poll(last, { interval: 1 }).toBeGreaterThan(killAt)
      command.kill('SIGKILL')
      await command.finished
    }
    expect(await folder.weir('run', '--once')).toMatchObject({ code: 0 })
    const seen = itemsAfterKills(folder)
    expect([...new Set(seen)].sort((one, other) => one - other)).toEqual(upTo(count))
    expect(written(folder).length - seen.length).toBeLessThanOrEqual(kills.length)
  }, 60_000)

  it('starts nothing with a config that is wrong, and says where it is', async () => {
    using folder = new Folder()
    folder.write('weir.yaml', 'receivers:\n  file:\n    inclde: [a.log]\nexporters:\n  file: { path: out.ndjson }\n')
    const { code, stderr } = await folder.weir('run', '--once')
    expect(code).toBe(2)
    expect(stderr).toContain('weir.yaml:3:5 error receivers.file.inclde: unknown key (did you mean "include"?)')
    expect(stderr).toContain('the section "service" is missing')
    expect(existsSync(folder.file('out.ndjson'))).toBe(false)
  })

  it('refuses a state directory that another process has, and names that process', async () => {
    using folder = new Folder()
    folder.write('weir.json', pipeline)
    folder.write('access.log', lines(0, 10))
    const command = folder.start(['run'])
    await expect.poll(() => items(folder).length).toBe(10)
    const { code, stderr } = await folder.weir('run', '--once')
    expect(code).toBe(1)
    expect(stderr).toContain(`is in use by process ${command.pid}`)
    command.kill('SIGTERM')
    expect((await command.finished).code).toBe(0)
  })

  it('says that a state file that is damaged was set aside, and starts without it', async () => {
    using folder = new Folder()
    folder.write('weir.json', pipeline)
    folder.write('access.log', lines(0, 10))
    mkdirSync(folder.file('.weir'))
    folder.write('.weir/state.db', 'this is no database. '.repeat(100))
    const { code, stderr } = await folder.weir('run', '--once')
    expect(code).toBe(0)
    expect(stderr).toContain('the state could not be used and was set aside; starting with none')
    expect(stderr).toContain('state.db.unusable-1')
    expect(items(folder)).toEqual(upTo(10))
  })

  it('holds lines back while the sink is down, and leaves them to the next run', async () => {
    using folder = new Folder()
    folder.write(
      'down.ts',
      `import { defineExporter, RetryableError } from '@weir/sdk'
       const fail = () => Promise.reject(new RetryableError('the sink is down'))
       export default defineExporter({ type: 'down', create: () => ({ export: fail }) })`,
    )
    folder.write('weir.json', {
      plugins: { paths: ['down.ts'] },
      receivers: pipeline.receivers,
      exporters: { down: {} },
      service: { shutdown_timeout: '100ms', pipelines: { logs: { receivers: ['file'], exporters: ['down'] } } },
    })
    folder.write('access.log', lines(0, 10))
    const command = folder.start(['run'])
    await expect.poll(() => command.stderr).toContain('delivery failed, trying again')
    command.kill('SIGTERM')
    expect((await command.finished).code).toBe(1)
    folder.write('weir.json', pipeline)
    await folder.weir('run', '--once')
    expect(items(folder)).toEqual(upTo(10))
  })

  it('goes over to a changed config and a changed plugin while lines flow, and loses none', async () => {
    using folder = new Folder()
    const shout = (mark: string) =>
      `import { defineProcessor } from '@weir/sdk'
       import { mark } from './mark.ts'
       const process = (batch) => (batch.forEach((record) => record.attributes.set('mark', mark)), batch)
       export default defineProcessor({ type: 'mark', mutates: true, create: () => ({ process }) })
       // ${mark}`
    folder.write('shout.ts', shout('one'))
    folder.write('mark.ts', `export const mark = 'one'`)
    const marked = {
      ...pipeline,
      plugins: { paths: ['shout.ts'] },
      processors: { mark: {} },
      service: { pipelines: { logs: { receivers: ['file'], processors: ['mark'], exporters: ['file'] } } },
    }
    folder.write('weir.json', marked)
    folder.write('access.log', lines(0, 10))
    const command = folder.start(['run', '--watch'])
    await expect.poll(() => items(folder).length).toBe(10)

    folder.write('mark.ts', `export const mark = 'two'`)
    folder.write('shout.ts', shout('two'))
    await expect.poll(() => command.stderr).toContain('a file has changed: reloaded')
    appendFileSync(folder.file('access.log'), lines(10, 20))
    await expect.poll(() => items(folder).length).toBe(20)

    folder.write('weir.json', 'garbage')
    await expect.poll(() => command.stderr).toContain('but the config is wrong: what runs goes on')
    appendFileSync(folder.file('access.log'), lines(20, 30))
    await expect.poll(() => items(folder).length).toBe(30)

    folder.write('weir.json', pipeline)
    command.kill('SIGHUP')
    await expect.poll(() => command.stderr).toContain('told to reload: reloaded')
    appendFileSync(folder.file('access.log'), lines(30, 40))
    await expect.poll(() => items(folder).length).toBe(40)
    command.kill('SIGTERM')
    expect((await command.finished).code).toBe(0)
    expect(items(folder)).toEqual(upTo(40))
    const records = readFileSync(folder.file('out.ndjson'), 'utf8').trim().split('\n')
    const marks = records.map((record) => JSON.parse(record).attributes.mark ?? 'none')
    expect(marks).toEqual([...Array(10).fill('one'), ...Array(20).fill('two'), ...Array(10).fill('none')])
  }, 40_000)

  it('heeds a SIGHUP that comes while it starts', async () => {
    using folder = new Folder()
    folder.write('slow.ts', slowReceiver)
    folder.write('weir.json', {
      plugins: { paths: ['slow.ts'] },
      receivers: { slow: {} },
      exporters: { blackhole: {} },
      service: { pipelines: { logs: { receivers: ['slow'], exporters: ['blackhole'] } } },
    })
    const command = folder.start(['run'])
    await expect.poll(() => command.stderr).toContain('about to start')
    command.kill('SIGHUP')
    await expect.poll(() => command.stderr).toContain('told to reload: reloaded')
    command.kill('SIGTERM')
    expect((await command.finished).code).toBe(0)
  }, 60_000)

  it.each([
    ['ends the process', 'process.exit(7)', ['a component ended the process', 'bad.ts:3']],
    ['never settles', 'return new Promise(() => {})', ['"waiting_for":["processors.bad"]']],
  ])(
    'says which component it is that %s',
    async (_, deed, words) => {
      using folder = new Folder()
      folder.write(
        'bad.ts',
        `import { defineProcessor } from '@weir/sdk'
export default defineProcessor({ type: 'bad', create: () => ({ process() {
  ${deed}
} }) })`,
      )
      folder.write('weir.json', {
        ...pipeline,
        plugins: { paths: ['bad.ts'] },
        processors: { bad: {} },
        service: {
          shutdown_timeout: '1s',
          pipelines: { logs: { receivers: ['file'], processors: ['bad'], exporters: ['file'] } },
        },
      })
      folder.write('access.log', lines(0, 10))
      const { code, stderr } = await folder.weir('run', '--once')
      for (const word of words) expect(stderr).toContain(word)
      expect(code).not.toBe(0)
    },
    60_000,
  )

  it.each(['weir.json', 'late.ts'])(
    'notices that %s was changed after it was read and before it was watched',
    async (name) => {
      using folder = new Folder()
      // Made after everything was read, before anything is watched: it changes a file then, the first time.
      const late = (mark: string, changed: string) =>
        `import { existsSync, writeFileSync } from 'node:fs'
       import { defineProcessor } from '@weir/sdk'
       const process = (batch) => (batch.forEach((record) => record.attributes.set('mark', ${JSON.stringify(mark)})), batch)
       const create = () => {
         if (!existsSync('changed')) writeFileSync(${JSON.stringify(name)}, ${JSON.stringify(changed)})
         writeFileSync('changed', '')
         return { process }
       }
       export default defineProcessor({ type: 'late', mutates: true, create })`
      const config = (path: string) => ({
        ...pipeline,
        plugins: { paths: ['late.ts'] },
        processors: { late: {} },
        exporters: { file: { path } },
        service: { pipelines: { logs: { receivers: ['file'], processors: ['late'], exporters: ['file'] } } },
      })
      const changed = name === 'weir.json' ? JSON.stringify(config('other.ndjson')) : late('second', '')
      folder.write('late.ts', late('first', changed))
      folder.write('weir.json', config('out.ndjson'))
      const command = folder.start(['run', '--watch'])
      await expect.poll(() => command.stderr).toContain('a file has changed: reloaded')
      folder.write('access.log', lines(0, 10))
      const written = () => {
        const path = folder.file(name === 'weir.json' ? 'other.ndjson' : 'out.ndjson')
        return existsSync(path) ? readFileSync(path, 'utf8') : ''
      }
      await expect.poll(written).toContain(name === 'weir.json' ? '"first"' : '"second"')
      command.kill('SIGTERM')
      expect((await command.finished).code).toBe(0)
    },
    60_000,
  )

  it('says why everything starts anew when the state directory is another, and goes on there', async () => {
    using folder = new Folder()
    folder.write('weir.json', pipeline)
    folder.write('access.log', lines(0, 10))
    const command = folder.start(['run'])
    await expect.poll(() => items(folder).length).toBe(10)
    folder.write('weir.json', { ...pipeline, service: { ...pipeline.service, state_dir: 'elsewhere' } })
    command.kill('SIGHUP')
    await expect.poll(() => command.stderr).toContain('told to reload: reloaded')
    expect(command.stderr).toContain('the reload stops everything and starts it anew')
    expect(command.stderr).toContain('service.state_dir has changed')
    // Nothing is known there: the file is read from where the config says.
    await expect.poll(() => items(folder).length).toBe(20)
    expect((await folder.weir('reload')).code).toBe(0)
    command.kill('SIGTERM')
    expect((await command.finished).code).toBe(0)
  }, 80_000)

  it('loses nothing and delivers nothing twice while the config changes twenty times under a stream of lines', async () => {
    using folder = new Folder()
    const count = 200_000
    const config = (flushMs: number) => ({
      ...pipeline,
      receivers: { file: { ...pipeline.receivers.file, flush_period: `${flushMs}ms` } },
    })
    folder.write('weir.json', config(500))
    folder.write('access.log', '')
    const command = folder.start(['run', '--quiet'])
    for (let change = 0; change < 20; change++) {
      appendFileSync(folder.file('access.log'), lines((count / 20) * change, (count / 20) * (change + 1)))
      folder.write('weir.json', config(501 + change))
      if (change === 0) await expect.poll(() => items(folder).length).toBeGreaterThan(0)
      command.kill('SIGHUP')
      const reloads = () => command.stderr.split('reloaded').length - 1
      await expect.poll(reloads).toBe(change + 1)
    }
    await expect.poll(() => items(folder).length).toBe(count)
    command.kill('SIGTERM')
    expect((await command.finished).code).toBe(0)
    expect(items(folder)).toEqual(upTo(count))
  }, 90_000)
})
