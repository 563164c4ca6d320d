import { printable } from '@weir/sdk'
import { locateStateDir, type StateEntry, StateInspector, type StoredQueue } from '@weir/state'
import { columns } from './columns.ts'
import { exitCode } from './exit-code.ts'
import { grouped } from './figures.ts'

interface StateOptions {
  stateDir?: string
  config?: string[]
  profile?: string
}

const directoryOf = async ({ stateDir, config = [], profile }: StateOptions): Promise<string> =>
  stateDir ?? (await locateStateDir({ cwd: process.cwd(), files: config, profile, env: process.env }))

async function inspect<T>(
  options: StateOptions,
  mode: 'read' | 'write',
  look: (state: StateInspector) => T,
): Promise<T> {
  const state = await StateInspector.open(await directoryOf(options), mode)
  try {
    return look(state)
  } finally {
    state.close()
  }
}

const print = (text: string) => void process.stdout.write(`${text}\n`)

/** Keys of one kind that are listed one by one. */
const fewKeys = 5

/** Many keys of one kind (`file:…`, `recent:…`) as one row: `--json` has them all. */
function summed(entries: readonly StateEntry[]): StateEntry[] {
  const kinds = Map.groupBy(
    entries,
    ({ namespace, key }) => `${namespace} ${key.slice(0, key.indexOf(':') + 1) || key}`,
  )
  return [...kinds.values()].flatMap((alike) => {
    const [first] = alike
    if (first === undefined || alike.length <= fewKeys) return alike
    const bytes = alike.reduce((sum, entry) => sum + entry.bytes, 0)
    return [{ ...first, key: `${first.key.slice(0, first.key.indexOf(':') + 1)}… (${alike.length} keys)`, bytes }]
  })
}

function table({ entries, queues }: { entries: readonly StateEntry[]; queues: readonly StoredQueue[] }): string {
  return columns([
    ['NAMESPACE', 'KEY', 'BYTES'],
    ...summed(entries).map(({ namespace, key, bytes }) => [printable(namespace), printable(key), grouped(bytes)]),
    ...queues.map(({ owner, files, bytes }) => [printable(owner), `queue (${files} files)`, grouped(bytes)]),
  ])
}

/** What is stored: by component and key, and queues on disk. */
export async function listState(options: StateOptions & { json?: boolean }): Promise<void> {
  const stored = await inspect(options, 'read', (state) => ({ entries: state.entries(), queues: state.queues() }))
  if (options.json) print(JSON.stringify(stored, undefined, 2))
  else process.stdout.write(table(stored))
}

/** The values that a component has stored, or one of them, as JSON. */
export async function showState(name: string, key: string | undefined, options: StateOptions): Promise<void> {
  const values = await inspect(options, 'read', (state) => {
    const { entries } = state.of(name)
    return entries.map((entry) => ({ ...entry, value: state.value(entry) }))
  })
  const shown = key === undefined ? values : values.filter((entry) => entry.key === key)
  if (key !== undefined && shown.length === 1) return print(JSON.stringify(shown[0]?.value, undefined, 2))
  print(JSON.stringify(shown, undefined, 2))
  if (shown.length === 0) process.exitCode = exitCode.failed
}

/** Removes all that a component has stored, its queue included. */
export async function resetState(name: string, options: StateOptions & { yes?: boolean }): Promise<void> {
  const stored = await inspect(options, options.yes ? 'write' : 'read', (state) => {
    const found = state.of(name)
    if (options.yes) state.remove(found)
    return found
  })
  process.stdout.write(table(stored))
  if (options.yes) return print('removed')
  process.stderr.write('nothing was removed: say --yes to remove this for good\n')
  process.exitCode = exitCode.failed
}
