export { hasRedisServer, RedisServer } from './redis-server.ts'
