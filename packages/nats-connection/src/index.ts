/** Connections to NATS, and streams of JetStream. */
export { checkConnection } from './check-connection.ts'
export { type ConnectionConfig, connectionKeys, type StreamConfig, streamKeys } from './connection-keys.ts'
export type { NatsClient, NatsClientOptions } from './nats-client.ts'
export { natsError } from './nats-error.ts'
export { NatsLink } from './nats-link.ts'
