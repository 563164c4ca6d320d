import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { csvRows } from './templates-csv.ts'

/** One system of a folder in loghub's layout. */
export interface System {
  readonly name: string
  readonly structured: string
  readonly raw: string
}

/** What is wrong with the data, in words for whoever called the benchmark. */
export class DataError extends Error {}

const ending = '.log_structured.csv'

/** The systems of a folder: its subfolders, or itself if it is one. A subfolder without a table is a problem. */
export function findSystems(folder: string): { systems: System[]; problems: string[] } {
  if (!existsSync(folder)) throw new DataError(`${folder} does not exist`)
  const itself = systemIn(folder)
  if (itself !== undefined) return { systems: [itself], problems: [] }
  const systems: System[] = []
  const problems: string[] = []
  const folders = readdirSync(folder).filter(
    (name) => !name.startsWith('.') && statSync(join(folder, name)).isDirectory(),
  )
  for (const name of folders.sort()) {
    const system = systemIn(join(folder, name))
    if (system === undefined) problems.push(`${join(folder, name)} has no file *${ending}`)
    else systems.push(system)
  }
  if (systems.length === 0 && problems.length === 0) throw new DataError(`${folder} has no folders of systems`)
  return { systems, problems }
}

/** Messages in the order of the log and the event of each, by the columns Content and EventId. */
export function readStructured(path: string): { contents: string[]; events: string[] } {
  const rows = csvRows(readFileSync(path, 'utf8'))
  const head: string[] = rows.next().value ?? []
  const [content, event] = ['Content', 'EventId'].map((name) => {
    const at = head.indexOf(name)
    if (at < 0) throw new DataError(`${path} has no column ${name}`)
    return at
  })
  const contents: string[] = []
  const events: string[] = []
  for (const row of rows) {
    contents.push(row[content ?? 0] ?? '')
    events.push(row[event ?? 0] ?? '')
  }
  if (contents.length === 0) throw new DataError(`${path} has no rows`)
  return { contents, events }
}

function systemIn(folder: string): System | undefined {
  const file = readdirSync(folder)
    .sort()
    .find((name) => name.endsWith(ending))
  if (file === undefined) return undefined
  const stem = file.slice(0, -ending.length)
  return { name: stem.replace(/_[^_]*$/, ''), structured: join(folder, file), raw: join(folder, `${stem}.log`) }
}
