/** Durable state of all components in one database, and how it is looked at. */
export { queueDirectory } from './queue-directory.ts'
export { type StateEntry, StateInspector, type StoredQueue } from './state-inspector.ts'
export { locateStateDir } from './state-location.ts'
export { fileName, StateStore } from './state-store.ts'
