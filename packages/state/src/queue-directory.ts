import { join } from 'node:path'

/** The folder in a state directory that holds the queues, a folder each. */
export const queuesFolder = 'queues'

/** Where the queue of a component is; `owner` is its kind and id. */
export const queueDirectory = (stateDir: string, owner: string): string =>
  join(stateDir, queuesFolder, encodeURIComponent(owner))
