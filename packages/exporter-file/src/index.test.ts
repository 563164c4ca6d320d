import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { isPermanentError, isRetryableError, type LogBatch, type RunMode, type WeirError } from '@weir/sdk'
import { batchOf, createComponent, exporterContract, type Input, testServices } from '@weir/sdk/testing'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import file from './index.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-file-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const abortSignal = new AbortController().signal
const mode = (): RunMode => ({ once: false, isTerminal: false, baseDir: folder })

function exporterOf(config: object) {
  const services = testServices({ overrides: { run_mode: mode() } })
  const exporter = createComponent(file, { path: 'out.ndjson', ...config }, services)
  return {
    services,
    exporter,
    start: () => exporter.start?.(),
    write: (...inputs: Input[]) => exporter.export(batchOf(inputs), { abortSignal }),
    stop: () => exporter.stop?.(),
  }
}

const read = (name = 'out.ndjson') => readFileSync(join(folder, name), 'utf8')
const bodies = (text: string): unknown[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).body)
const errorOf = async (promise: unknown): Promise<WeirError> => {
  try {
    await promise
  } catch (error) {
    return error as WeirError
  }
  throw new Error('nothing was thrown')
}
/** A record whose line has `size` bytes. */
const sized = (size: number, letter = 'x') => letter.repeat(size - '{"body":""}\n'.length)
/** A batch whose export is aborted when the record at `index` is read. */
function abortedAt(index: number, inputs: Input[], controller: AbortController): LogBatch {
  const batch = batchOf(inputs)
  const rowAt = batch.rowAt.bind(batch)
  batch.rowAt = (asked) => {
    if (asked === index) controller.abort(new Error('too slow'))
    return rowAt(asked)
  }
  return batch
}

describe('the file exporter', () => {
  const contractFolder = mkdtempSync(join(tmpdir(), 'weir-file-'))
  afterAll(() => rmSync(contractFolder, { recursive: true, force: true }))
  for (const { name, run } of exporterContract(file, {
    config: { path: join(contractFolder, 'out.ndjson'), fsync: 'interval', rotation: { compression: 'gzip' } },
    failing: [{ name: 'a folder is in the way', config: { path: contractFolder }, error: 'permanent' }],
  }))
    it(name, run)

  it('has handed every record to the system when the export resolves', async () => {
    const { start, write, stop } = exporterOf({})
    await start()
    await write({ body: 'one', time: 0, attributes: { 'url.path': '/' } }, 'two')
    expect(read()).toBe(
      '{"time":"1970-01-01T00:00:00.000Z","body":"one","attributes":{"url.path":"/"}}\n{"body":"two"}\n',
    )
    await write('three')
    expect(bodies(read())).toEqual(['one', 'two', 'three'])
    await stop()
  })

  it('makes the folders of a path, which is relative to the folder of the config', async () => {
    const { start, write, stop } = exporterOf({ path: 'a/b/out.log' })
    await start()
    await write('x')
    expect(bodies(read('a/b/out.log'))).toEqual(['x'])
    await stop()
  })

  it('writes lines by a template', async () => {
    const { write, stop } = exporterOf({ format: 'template', template: '{time} [{attributes.user.id}] {body}' })
    await write({ time: 0, body: 'hello', attributes: { 'user.id': 7 } }, 'no more')
    expect(read()).toBe('1970-01-01T00:00:00.000Z [7] hello\n [] no more\n')
    await stop()
  })

  it('refuses a template that is none', () => {
    expect(() => exporterOf({ format: 'template', template: '{body' })).toThrow(/no "}"/)
  })

  it('goes on with a file that is there, or empties it', async () => {
    writeFileSync(join(folder, 'out.ndjson'), '{"body":"old"}\n')
    const appending = exporterOf({})
    await appending.write('new')
    await appending.stop()
    expect(bodies(read())).toEqual(['old', 'new'])
    const emptying = exporterOf({ append: false })
    await emptying.start()
    await emptying.write('a')
    await emptying.write('b')
    await emptying.stop()
    expect(bodies(read())).toEqual(['a', 'b'])
  })

  it('keeps what it has delivered when the process is killed, and goes on behind it', async () => {
    const path = join(folder, 'out.ndjson')
    const script = fileURLToPath(new URL('killed-writer.fixture.ts', import.meta.url))
    const child = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk
      if (said.includes('5000\n')) child.kill('SIGKILL')
    })
    await once(child, 'close')
    const { start, write, stop } = exporterOf({})
    await start()
    await write('after')
    await stop()
    const delivered = Number(said.split('\n').at(-2))
    const lines = read().split('\n')
    const found = bodies(`${lines.slice(0, delivered).join('\n')}\n`)
    expect(found).toEqual(Array.from({ length: delivered }, (_, index) => `record ${index}`))
    expect(lines.slice(-2)).toEqual(['{"body":"after"}', ''])
  })

  it('ends a line that a crash left unfinished', async () => {
    writeFileSync(join(folder, 'out.ndjson'), '{"body":"old"}\n{"body":"ha')
    const { start, write, stop, services } = exporterOf({})
    await start()
    await write('new')
    await stop()
    expect(read()).toBe('{"body":"old"}\n{"body":"ha\n{"body":"new"}\n')
    expect(services.logger.lines.map(({ message }) => message)).toEqual([expect.stringContaining('unfinished')])
  })

  it('takes back what an aborted attempt has written, so that the next writes it once', async () => {
    const { exporter, write, stop } = exporterOf({ rotation: { max_megabytes: 1000 / 2 ** 20 } })
    await write('before')
    const inputs = ['a', 'b', 'c', 'd'].map((letter) => sized(90, letter))
    const controller = new AbortController()
    const batch = abortedAt(2, inputs, controller)
    await expect(exporter.export(batch, { abortSignal: controller.signal })).rejects.toThrow('too slow')
    expect(bodies(read())).toEqual(['before'])
    await exporter.export(batch, { abortSignal })
    await stop()
    expect(bodies(read())).toEqual(['before', ...inputs])
  })

  it('begins a new file when someone moved or deleted the old one', async () => {
    const { write, stop, services } = exporterOf({})
    await write('one')
    renameSync(join(folder, 'out.ndjson'), join(folder, 'moved'))
    await services.clock.advance(1000)
    await write('two')
    rmSync(join(folder, 'out.ndjson'))
    await services.clock.advance(1000)
    await write('three')
    await stop()
    expect([bodies(read('moved')), bodies(read())]).toEqual([['one'], ['three']])
  })

  describe('rotation', () => {
    const rotated = () =>
      readdirSync(folder)
        .filter((name) => name !== 'out.ndjson')
        .sort()

    it('keeps every file within max_megabytes and cuts between records', async () => {
      const { write, stop } = exporterOf({ rotation: { max_megabytes: 1000 / 2 ** 20 } })
      const inputs = Array.from({ length: 50 }, (_, index) => sized(90, String.fromCharCode(65 + index)))
      await write(...inputs)
      await stop()
      const names = [...rotated(), 'out.ndjson']
      expect(names.length).toBeGreaterThanOrEqual(5)
      for (const name of names) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(1000)
      expect(names.flatMap((name) => bodies(read(name)))).toEqual(inputs)
    })

    it('names rotated files by time, in UTC', async () => {
      const { write, stop } = exporterOf({ rotation: { max_megabytes: 100 / 2 ** 20 } })
      await write(sized(90))
      await write(sized(90))
      await write(sized(90))
      await stop()
      expect(rotated()).toEqual(['out-2026-01-01T00-00-00.000.ndjson', 'out-2026-01-01T00-00-00.001.ndjson'])
    })

    it('writes a record that is larger than a file may be', async () => {
      const { write, stop } = exporterOf({ rotation: { max_megabytes: 100 / 2 ** 20 } })
      await write('small', sized(5000), 'small')
      await stop()
      expect([...rotated(), 'out.ndjson'].map((name) => bodies(read(name)).length)).toEqual([1, 1, 1])
    })

    it('begins a new file at the age of interval, also of a file from before the start', async () => {
      const first = exporterOf({ rotation: { interval: '1h' } })
      await first.write('one')
      await first.services.clock.advance(3_599_999)
      await first.write('two')
      await first.services.clock.advance(1)
      await first.write('three')
      await first.stop()
      expect(rotated().map((name) => bodies(read(name)))).toEqual([['one', 'two']])
      const second = exporterOf({ rotation: { interval: '1h' } })
      await second.services.clock.advance(Date.now() + 3_600_001 - second.services.clock.now())
      await second.write('four')
      await second.stop()
      expect(bodies(read())).toEqual(['four'])
      expect(rotated()).toHaveLength(2)
    })

    it('keeps max_backups files, the newest, and touches no others', async () => {
      writeFileSync(join(folder, 'out-of-it.ndjson'), 'not ours')
      writeFileSync(join(folder, 'out-2025-12-01T00-00-00.000.txt'), 'not ours')
      const { write, stop } = exporterOf({ rotation: { max_megabytes: 100 / 2 ** 20, max_backups: 2 } })
      for (const letter of ['a', 'b', 'c', 'd']) await write(sized(90, letter))
      await stop()
      expect(rotated()).toEqual([
        'out-2025-12-01T00-00-00.000.txt',
        'out-2026-01-01T00-00-00.001.ndjson',
        'out-2026-01-01T00-00-00.002.ndjson',
        'out-of-it.ndjson',
      ])
    })

    it('keeps no rotated file for longer than max_days', async () => {
      for (const day of ['29', '30', '31']) writeFileSync(join(folder, `out-2025-12-${day}T00-00-00.000.ndjson`), '')
      const { start, stop } = exporterOf({ rotation: { max_days: 1.5 } })
      await start()
      await stop()
      expect(rotated()).toEqual(['out-2025-12-31T00-00-00.000.ndjson'])
    })

    it.each([
      ['gzip', '.gz', gunzipSync],
      ['zstd', '.zst', zstdDecompressSync],
    ] as const)(
      'compresses rotated files with %s, also those that a crash left over',
      async (compression, ending, undo) => {
        writeFileSync(join(folder, 'out-2025-12-01T00-00-00.000.ndjson'), 'left over')
        const { start, write, stop } = exporterOf({ rotation: { max_megabytes: 100 / 2 ** 20, compression } })
        await start()
        await write(sized(90, 'a'))
        await write(sized(90, 'b'))
        await stop()
        expect(
          rotated().map((name) => [
            name,
            undo(readFileSync(join(folder, name)))
              .toString()
              .slice(0, 12),
          ]),
        ).toEqual([
          [`out-2025-12-01T00-00-00.000.ndjson${ending}`, 'left over'],
          [`out-2026-01-01T00-00-00.000.ndjson${ending}`, '{"body":"aaa'],
        ])
      },
    )
  })

  describe('when it cannot write', () => {
    it('fails at start for what only a person can mend', async () => {
      writeFileSync(join(folder, 'plain'), '')
      const below = await errorOf(exporterOf({ path: 'plain/out.ndjson' }).start())
      expect(below.message).toBe(
        `cannot write ${join(folder, 'plain/out.ndjson')}: a part of its path is a file (EEXIST)`,
      )
      expect(below.hint).toMatch(/folders/)
      expect((await errorOf(exporterOf({ path: '.' }).start())).message).toMatch(/it is a folder \(EISDIR\)/)
    })

    it('tells errors that may pass from those that will not', async () => {
      writeFileSync(join(folder, 'plain'), '')
      expect(isRetryableError(await errorOf(exporterOf({ path: 'plain/out.ndjson' }).write('x')))).toBe(true)
      expect(isPermanentError(await errorOf(exporterOf({ path: '.' }).write('x')))).toBe(true)
      expect(isPermanentError(await errorOf(exporterOf({ path: 'x'.repeat(300) }).write('x')))).toBe(true)
    })

    it.runIf(existsSync('/dev/full'))('asks to try again on a full disk, and says so', async () => {
      const { start, write } = exporterOf({ path: '/dev/full' })
      await start()
      const error = await errorOf(write('x'))
      expect(isRetryableError(error)).toBe(true)
      expect(error.message).toBe('cannot write /dev/full: no space left on the device (ENOSPC)')
      expect(error.hint).toMatch(/free some space/)
    })

    it('writes to devices, which it neither rotates nor brings to the disk', async () => {
      const { start, write, stop } = exporterOf({
        path: '/dev/null',
        fsync: 'always',
        rotation: { max_megabytes: 1e-6 },
      })
      await start()
      await write('x', 'y')
      await stop()
    })

    it('delivers the same batch when the path is well again', async () => {
      writeFileSync(join(folder, 'plain'), '')
      const { write, stop } = exporterOf({ path: 'plain/out.ndjson' })
      await errorOf(write('x'))
      rmSync(join(folder, 'plain'))
      await write('x')
      await stop()
      expect(bodies(read('plain/out.ndjson'))).toEqual(['x'])
    })
  })

  it('brings records to the disk by the clock with fsync: interval', async () => {
    const { start, write, stop, services } = exporterOf({ fsync: 'interval', fsync_interval: '10s' })
    await start()
    await write('x')
    await services.clock.advance(30_000)
    expect(services.logger.lines).toEqual([])
    await stop()
    expect(services.clock.pending).toBe(0)
  })
})
