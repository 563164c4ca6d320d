import type { brokerSources } from './broker-source.ts'
import type { Faults } from './faults.ts'
import type { Rotation } from './line-writer.ts'

/** One way in which the collector is tortured. All are killed at random moments, too. */
export interface TortureCase {
  readonly name: string
  readonly description: string
  readonly rotation: Rotation
  /** Where lines come from, if not from a file. */
  readonly broker?: keyof typeof brokerSources
  /** Only rotated files are read, and deleted then. */
  readonly deletes?: boolean
  /** Where the records go. */
  readonly sink: 'file' | 'queued_file' | 'http' | 'queued_http'
  /** Share of the sink's requests that fail. */
  readonly sinkFailures?: number
  readonly faults?: Omit<Faults, 'seed'>
  /** The config changes while it runs. */
  readonly reloads?: boolean
  /** Half of the collectors are told to stop first, and killed while they do, or have done so. */
  readonly terminates?: boolean
  /** The disk with state, queue and sink fills up now and then. */
  readonly smallDisk?: boolean
}

export const cases: readonly TortureCase[] = [
  { name: 'kill', description: 'one file, SIGKILL', rotation: 'none', sink: 'file' },
  { name: 'rotate', description: 'rotation by rename and copytruncate, SIGKILL', rotation: 'mixed', sink: 'file' },
  { name: 'queue', description: 'queue on disk, SIGKILL', rotation: 'rename', sink: 'queued_file' },
  {
    name: 'sink',
    description: 'a sink that fails at random, SIGKILL',
    rotation: 'rename',
    sink: 'http',
    sinkFailures: 0.1,
  },
  {
    ...{ name: 'queued-sink', description: 'a queue on disk before a sink that fails at random, SIGKILL' },
    ...{ rotation: 'rename', sink: 'queued_http', sinkFailures: 0.1 },
  },
  {
    ...{ name: 'term', description: 'SIGTERM, and SIGKILL in the middle of what is flushed then' },
    ...{ rotation: 'rename', sink: 'queued_http', sinkFailures: 0.1, terminates: true },
  },
  {
    ...{ name: 'storage', description: 'ENOSPC and EIO injected into writes and fsyncs, SIGKILL' },
    ...{ rotation: 'rename', sink: 'queued_file', faults: { writes: 0.05, syncs: 0.05 } },
  },
  {
    ...{ name: 'disk-full', description: 'a small disk that fills up, SIGKILL' },
    ...{ rotation: 'none', sink: 'queued_http', smallDisk: true },
  },
  {
    ...{ name: 'clock', description: 'the wall clock steps up to an hour, SIGKILL' },
    ...{ rotation: 'rename', sink: 'file', faults: { clockStepMs: 3_600_000 } },
  },
  {
    ...{ name: 'delete', description: 'rotated files that are deleted when they were read, SIGKILL' },
    ...{ rotation: 'rename', sink: 'file', deletes: true },
  },
  { name: 'nats', description: 'a stream of NATS, SIGKILL', rotation: 'none', sink: 'file', broker: 'nats' },
  { name: 'redis', description: 'a stream of Redis, SIGKILL', rotation: 'none', sink: 'file', broker: 'redis' },
  { name: 'reload', description: 'reloads and SIGKILL', rotation: 'rename', sink: 'file', reloads: true },
]
