export { hasNatsServer, NatsServer } from './nats-server.ts'
