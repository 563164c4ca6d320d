import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { type AttributeValue, messageOf, WeirError } from '@weir/sdk'
import { queueDirectory, queuesFolder } from './queue-directory.ts'
import { fileName, inUse, isBusy, loadSqlite } from './state-store.ts'

/** A value that a component has stored. */
export interface StateEntry {
  readonly namespace: string
  readonly key: string
  /** Bytes of its JSON. */
  readonly bytes: number
}

/** The queue on disk of an exporter. */
export interface StoredQueue {
  /** Kind and id of the exporter. */
  readonly owner: string
  readonly files: number
  readonly bytes: number
}

/** The component that a namespace is of: a processor has one in each pipeline. */
const ownerOf = (namespace: string): string => namespace.replace(/@[^@]*$/, '')

/** Looks at the state directory of a collector that does not run, and removes what a component has stored there. */
export class StateInspector {
  readonly #directory: string
  readonly #database: DatabaseSync

  private constructor(directory: string, database: DatabaseSync) {
    this.#directory = directory
    this.#database = database
  }

  /**
   * @param mode `write` keeps collectors from starting until `close`
   * @throws WeirError `WEIR_STATE_NONE`, `WEIR_STATE_IN_USE`, `WEIR_STATE_UNUSABLE`
   */
  static async open(directory: string, mode: 'read' | 'write'): Promise<StateInspector> {
    const path = join(directory, fileName)
    if (!existsSync(path)) {
      throw new WeirError(`there is no state in ${directory}`, {
        code: 'WEIR_STATE_NONE',
        hint: 'a collector makes it when it first runs',
      })
    }
    const { DatabaseSync } = await loadSqlite()
    const database = new DatabaseSync(path, { readOnly: mode === 'read' })
    try {
      if (mode === 'write') database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT')
      database.prepare('SELECT count(*) FROM state').get()
      return new StateInspector(directory, database)
    } catch (error) {
      database.close()
      if (isBusy(error)) throw inUse(directory)
      throw new WeirError(`the state in ${directory} cannot be used: ${messageOf(error)}`, {
        code: 'WEIR_STATE_UNUSABLE',
        hint: 'at its next start Weir sets it aside and begins with none',
      })
    }
  }

  entries(): StateEntry[] {
    const rows = this.#database.prepare(
      'SELECT namespace, key, length(CAST(value AS BLOB)) AS bytes FROM state ORDER BY namespace, key',
    )
    return rows.all().map(({ namespace, key, bytes }) => ({
      namespace: String(namespace),
      key: String(key),
      bytes: Number(bytes),
    }))
  }

  queues(): StoredQueue[] {
    const folder = join(this.#directory, queuesFolder)
    if (!existsSync(folder)) return []
    return readdirSync(folder).map((name) => {
      const files = readdirSync(join(folder, name)).filter((file) => file !== 'cursor')
      const bytes = files.reduce((sum, file) => sum + statSync(join(folder, name, file)).size, 0)
      return { owner: decodeURIComponent(name), files: files.length, bytes }
    })
  }

  value({ namespace, key }: StateEntry): AttributeValue {
    const row = this.#database.prepare('SELECT value FROM state WHERE namespace = ? AND key = ?').get(namespace, key)
    return row === undefined ? null : JSON.parse(String(row.value))
  }

  /**
   * What a component has stored. It is named by its kind and id (`receiver/file`), by its id if that says enough, or by
   * one of its namespaces.
   * @throws WeirError `WEIR_STATE_UNKNOWN`, `WEIR_STATE_AMBIGUOUS`
   */
  of(name: string): { entries: StateEntry[]; queues: StoredQueue[] } {
    const isNamed = (namespace: string) => {
      const owner = ownerOf(namespace)
      return [namespace, owner, owner.slice(owner.indexOf('/') + 1)].includes(name)
    }
    const entries = this.entries().filter(({ namespace }) => isNamed(namespace))
    const queues = this.queues().filter(({ owner }) => isNamed(owner))
    const owners = new Set([...entries.map(({ namespace }) => ownerOf(namespace)), ...queues.map(({ owner }) => owner)])
    if (owners.size === 0) {
      throw new WeirError(`nothing is stored of "${name}"`, {
        code: 'WEIR_STATE_UNKNOWN',
        hint: 'weir state list shows what is stored',
      })
    }
    if (owners.size > 1) {
      throw new WeirError(`"${name}" may be several components`, {
        code: 'WEIR_STATE_AMBIGUOUS',
        hint: `say which: ${[...owners].join(', ')}`,
      })
    }
    return { entries, queues }
  }

  remove({ entries, queues }: { entries: readonly StateEntry[]; queues: readonly StoredQueue[] }): void {
    const remove = this.#database.prepare('DELETE FROM state WHERE namespace = ? AND key = ?')
    this.#database.exec('BEGIN')
    for (const { namespace, key } of entries) remove.run(namespace, key)
    this.#database.exec('COMMIT')
    for (const { owner } of queues) rmSync(queueDirectory(this.#directory, owner), { recursive: true, force: true })
  }

  close(): void {
    this.#database.close()
  }
}
