/** Connections to Redis. */
export { type ConnectionConfig, connectionKeys } from './connection-keys.ts'
export { checkConnection } from './endpoint.ts'
export type { RedisClient, RedisClientOptions } from './redis-client.ts'
export { redisError } from './redis-error.ts'
export { RedisLink, type RedisLinkOptions } from './redis-link.ts'
