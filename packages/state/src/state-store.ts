import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type AttributeValue, messageOf, type State, WeirError } from '@weir/sdk'

/** Version of what stands in the file; a newer one is set aside. */
const version = 1
export const fileName = 'state.db'
const lockName = 'pid'

type Texts = Iterable<readonly [namespace: string, Iterable<readonly [key: string, text: string]>]>

/** Says that a state file was not used, and where it is now. */
export type OnSetAside = (reason: string, path: string) => void

/**
 * Durable state of all components: one SQLite database in WAL mode, locked by the process that has it open (the lock
 * goes with the process, however it ends). Every write is one transaction.
 */
export class StateStore {
  readonly #database: DatabaseSync
  readonly #read: StatementSync
  readonly #write: StatementSync
  readonly #remove: StatementSync
  readonly #keys: StatementSync

  private constructor(database: DatabaseSync) {
    this.#database = database
    this.#read = database.prepare('SELECT value FROM state WHERE namespace = ? AND key = ?')
    this.#write = database.prepare('INSERT OR REPLACE INTO state (namespace, key, value) VALUES (?, ?, ?)')
    this.#remove = database.prepare('DELETE FROM state WHERE namespace = ? AND key = ?')
    this.#keys = database.prepare('SELECT key FROM state WHERE namespace = ? ORDER BY key')
  }

  /**
   * Opens the state of a directory, or state that is gone with the process (`memory`).
   * @throws WeirError `WEIR_STATE_IN_USE`, `WEIR_STATE_UNUSABLE`
   */
  static async open(directory: string | 'memory', onSetAside: OnSetAside): Promise<StateStore> {
    const { DatabaseSync } = await loadSqlite()
    if (directory === 'memory') return new StateStore(prepare(new DatabaseSync(':memory:')))
    try {
      mkdirSync(dirname(directory), { recursive: true })
      if (!existsSync(directory)) mkdirSync(directory, { mode: 0o700 })
    } catch (error) {
      throw new WeirError(`the state directory ${directory} cannot be made: ${messageOf(error)}`, {
        code: 'WEIR_STATE_UNUSABLE',
        hint: 'set service.state_dir to a folder that this user may write to',
      })
    }
    const path = join(directory, fileName)
    const lockPath = join(directory, lockName)
    for (let attempt = 0; ; attempt++) {
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
        onSetAside('it is a folder', setAside(path))
      }
      let database: DatabaseSync | undefined
      try {
        database = new DatabaseSync(path)
        const store = new StateStore(prepare(database))
        noteProcess(lockPath)
        return store
      } catch (error) {
        database?.close()
        if (isBusy(error)) throw inUse(directory, lockPath)
        // A good file on a disk in trouble must stay where it is.
        if (attempt > 0 || isDiskTrouble(error)) {
          throw new WeirError(`the state in ${directory} cannot be used: ${messageOf(error)}`, {
            code: 'WEIR_STATE_UNUSABLE',
            hint: 'check the room on the disk and the permissions of the folder, then start again',
          })
        }
        onSetAside(messageOf(error), setAside(path))
      }
    }
  }

  /** The state of one component. */
  namespace(name: string): State {
    return {
      get: (key) => this.#get(name, key),
      set: (key, value) => this.#set(name, key, JSON.stringify(value)),
      setAll: (entries) =>
        this.setAll(new Map([[name, Object.entries(entries).map(([key, value]) => [key, JSON.stringify(value)])]])),
      keys: () => this.#keys.all(name).map((row) => String(row.key)),
    }
  }

  /** The same as `setAll`, and no power cut takes it back. The event loop stands still for an fsync. */
  setAllDurably(entries: Texts): void {
    this.#database.exec('PRAGMA synchronous = FULL')
    try {
      this.setAll(entries)
    } finally {
      this.#database.exec('PRAGMA synchronous = NORMAL')
    }
  }

  /** Writes JSON texts by namespace and key, all of them or none; `null` removes the key. */
  setAll(entries: Texts): void {
    this.#database.exec('BEGIN')
    try {
      for (const [namespace, texts] of entries) {
        for (const [key, text] of texts) this.#set(namespace, key, text)
      }
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }

  close(): void {
    this.#database.close()
  }

  #get(namespace: string, key: string): AttributeValue | undefined {
    const row = this.#read.get(namespace, key)
    return row === undefined ? undefined : JSON.parse(String(row.value))
  }

  #set(namespace: string, key: string, text: string): void {
    if (text === 'null') this.#remove.run(namespace, key)
    else this.#write.run(namespace, key, text)
  }
}

/** Node prints a warning when its SQLite is loaded, which says nothing to our users. */
export async function loadSqlite(): Promise<typeof import('node:sqlite')> {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return await import('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}

/** For those who find the directory in use. On a full disk they are told less. */
function noteProcess(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`)
  } catch {
    rmSync(path, { force: true })
  }
}

function prepare(database: DatabaseSync): DatabaseSync {
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  const found = Number(database.prepare('PRAGMA user_version').get()?.user_version)
  if (found > version) throw new Error(`it was written by a newer Weir (version ${found}, this one knows ${version})`)
  const check = database.prepare('PRAGMA quick_check').get()?.quick_check
  if (check !== 'ok') throw new Error(`it is damaged: ${String(check)}`)
  // Nothing is written to a file that is as it should be: on a full disk, too, the collector must come up to make room.
  if (found !== version)
    database.exec(`
    CREATE TABLE IF NOT EXISTS state (
      namespace TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (namespace, key)
    ) WITHOUT ROWID;
    PRAGMA user_version = ${version}`)
  database.exec('BEGIN IMMEDIATE; COMMIT')
  return database
}

/** Read-only, input/output error, full, cannot be opened: by SQLite's result codes. */
const isDiskTrouble = (error: unknown): boolean =>
  error instanceof Error && [8, 10, 13, 14].includes(Number(Reflect.get(error, 'errcode')) & 0xff)

export const isBusy = (error: unknown): boolean =>
  error instanceof Error && (Reflect.get(error, 'errcode') === 5 || /locked/.test(error.message))

/** What is said when another process has the directory. */
export function inUse(directory: string, lockPath = join(directory, lockName)): WeirError {
  let pid = 'another process'
  try {
    pid = `process ${readFileSync(lockPath, 'utf8').trim()}`
  } catch {
    // The other process has not come to writing its number.
  }
  return new WeirError(`the state directory ${directory} is in use by ${pid}`, {
    code: 'WEIR_STATE_IN_USE',
    hint: 'stop the other process, or give this one a service.state_dir of its own',
  })
}

/** Moves a file that cannot be used out of the way, with what belongs to it. Nothing is deleted. */
function setAside(path: string): string {
  let number = 1
  while (existsSync(`${path}.unusable-${number}`)) number++
  const aside = `${path}.unusable-${number}`
  renameSync(path, aside)
  for (const suffix of ['-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
  return aside
}
