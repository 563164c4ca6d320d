import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { StateStore } from './state-store.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-state-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const never = (reason: string) => {
  throw new Error(`set aside: ${reason}`)
}

describe('the state store', () => {
  it('keeps what was written over a restart, each component in its own namespace', async () => {
    const first = await StateStore.open(directory, never)
    first.namespace('receiver/file').set('offset', { bytes: 12 })
    first.namespace('processor/anomaly').set('offset', 'other')
    first.close()
    const second = await StateStore.open(directory, never)
    expect(second.namespace('receiver/file').get('offset')).toEqual({ bytes: 12 })
    expect(second.namespace('processor/anomaly').keys()).toEqual(['offset'])
    expect(second.namespace('receiver/file').get('nothing')).toBeUndefined()
    second.close()
  })

  it('writes several keys together or not at all', async () => {
    const store = await StateStore.open(directory, never)
    const state = store.namespace('x')
    const circular: { self?: unknown } = {}
    circular.self = circular
    expect(() => state.setAll({ one: 1, two: circular as never })).toThrow()
    expect(state.keys()).toEqual([])
    state.setAll({ one: 1, two: 2 })
    state.set('one', null)
    expect(state.keys()).toEqual(['two'])
    store.close()
  })

  it('writes so that no power cut takes it back where that is asked for', async () => {
    const exec = vi.spyOn(DatabaseSync.prototype, 'exec')
    onTestFinished(() => exec.mockRestore())
    const store = await StateStore.open(directory, never)
    onTestFinished(() => store.close())
    const [database] = exec.mock.contexts
    if (!(database instanceof DatabaseSync)) throw new TypeError('the store uses no database')
    const seen: unknown[] = []
    /** Is read within the transaction. */
    const texts = function* (): Iterable<[string, Iterable<[string, string]>]> {
      seen.push(database.prepare('PRAGMA synchronous').get()?.synchronous)
      yield ['x', [['key', '1']]]
    }
    const [normal, full] = [1, 2]
    store.setAll(texts())
    store.setAllDurably(texts())
    store.setAll(texts())
    expect(seen).toEqual([normal, full, normal])
    expect(store.namespace('x').get('key')).toBe(1)
  })

  it('sets a damaged file aside with a warning and starts with nothing', async () => {
    const text = 'this is not a database, and it is long enough to be looked at as one'.repeat(50)
    writeFileSync(join(directory, 'state.db'), text)
    const reasons: string[] = []
    const store = await StateStore.open(directory, (reason) => reasons.push(reason))
    store.namespace('x').set('key', 1)
    store.close()
    expect(reasons).toHaveLength(1)
    expect(readFileSync(join(directory, 'state.db.unusable-1'), 'utf8')).toBe(text)
  })

  it('sets a folder aside that lies in the place of the file', async () => {
    mkdirSync(join(directory, 'state.db'))
    writeFileSync(join(directory, 'state.db', 'kept'), '')
    const reasons: string[] = []
    const store = await StateStore.open(directory, (reason) => reasons.push(reason))
    store.namespace('x').set('key', 1)
    store.close()
    expect(reasons).toHaveLength(1)
    expect(readdirSync(join(directory, 'state.db.unusable-1'))).toEqual(['kept'])
  })

  it('sets the file of a newer Weir aside', async () => {
    const database = new DatabaseSync(join(directory, 'state.db'))
    database.exec('PRAGMA user_version = 99')
    database.close()
    const reasons: string[] = []
    const store = await StateStore.open(directory, (reason) => reasons.push(reason))
    expect(store.namespace('x').keys()).toEqual([])
    store.close()
    expect(reasons).toEqual([expect.stringContaining('newer')])
    const aside = new DatabaseSync(join(directory, 'state.db.unusable-1'))
    expect(aside.prepare('PRAGMA user_version').get()?.user_version).toBe(99)
    aside.close()
  })

  it.skipIf(process.platform === 'win32')(
    'opens a good file when the disk has no room, so that who would make room can start',
    async () => {
      const store = await StateStore.open(directory, never)
      store.namespace('x').set('key', 1)
      store.close()
      const script = join(directory, 'open.ts')
      const source = join(import.meta.dirname, 'state-store.ts')
      writeFileSync(
        script,
        `import { StateStore } from ${JSON.stringify(source)}
      const onSetAside = () => console.log('set aside')
      const store = await StateStore.open(${JSON.stringify(directory)}, onSetAside)
      console.log('read', store.namespace('x').get('key'))
      try {
        store.namespace('x').set('key', 2)
      } catch (error) {
        console.log('not written')
      }`,
      )
      // No file may grow: what a full disk does.
      const command = `trap '' XFSZ; ulimit -f 0; exec "${process.execPath}" "${script}" 2>&1`
      const { stdout } = spawnSync('bash', ['-c', command], { encoding: 'utf8' })
      expect(stdout.trim().split('\n')).toEqual(['read 1', 'not written'])
      const again = await StateStore.open(directory, never)
      expect(again.namespace('x').get('key')).toBe(1)
      again.close()
    },
  )

  it('refuses a directory that another process uses, naming it, and takes it over when that was killed', async () => {
    const child = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `
        import { DatabaseSync } from 'node:sqlite'
        import { writeFileSync } from 'node:fs'
        const database = new DatabaseSync(${JSON.stringify(join(directory, 'state.db'))})
        database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS x (y)')
        writeFileSync(${JSON.stringify(join(directory, 'pid'))}, String(process.pid))
        console.log('ready')
        setInterval(() => {}, 1000)`,
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    )
    await once(child.stdout, 'data')
    await expect(StateStore.open(directory, never)).rejects.toThrow(`in use by process ${child.pid}`)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const store = await StateStore.open(directory, never)
    store.namespace('x').set('key', 1)
    store.close()
  })
})
