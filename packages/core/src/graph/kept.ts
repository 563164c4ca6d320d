import { relatedPipelines } from '@weir/plan'
import { Fingerprints, type Runnable } from './fingerprints.ts'

/** What goes on running under another config. */
export interface Kept {
  /** Ids of extensions, receivers and exporters that are the same: their connections, files and queues stay. */
  readonly extensions: ReadonlySet<string>
  readonly receivers: ReadonlySet<string>
  readonly exporters: ReadonlySet<string>
  /** Processors that are the same (by `processorKey`): what they know and their threads stay. */
  readonly processors: ReadonlySet<string>
  /** Names of pipelines in whose whole group nothing has changed: nothing of it stands still for a moment. */
  readonly pipelines: ReadonlySet<string>
}

/** Why everything must stop to go over from one config to another; `undefined` if most can go on. */
export function restartReason({ config: before }: Runnable, { config: after }: Runnable): string | undefined {
  if (before.service.state_dir !== after.service.state_dir) return 'service.state_dir has changed'
  if (before.baseDir !== after.baseDir) return 'the config is in another folder'
  return undefined
}

/** What need not be stopped to go over from one config to another. */
export function keptBetween(before: Runnable, after: Runnable): Kept {
  const [old, next] = [new Fingerprints(before), new Fingerprints(after)]
  const oldGroups = new Set(relatedPipelines(before.plan).map((group) => old.ofGroup(group)))
  const groups = relatedPipelines(after.plan).filter((group) => oldGroups.has(next.ofGroup(group)))
  return {
    extensions: same(old.of('extension'), next.of('extension')),
    receivers: same(old.of('receiver'), next.of('receiver')),
    exporters: same(old.of('exporter'), next.of('exporter')),
    processors: same(old.ofProcessors(), next.ofProcessors()),
    pipelines: new Set(groups.flatMap((group) => group.map(({ name }) => name))),
  }
}

const same = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Set<string> =>
  new Set([...after].filter(([id, text]) => before.get(id) === text).map(([id]) => id))
