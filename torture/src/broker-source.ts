import { NatsLink } from '@weir/nats-connection'
import { NatsServer } from '@weir/nats-connection/testing'
import { RedisLink } from '@weir/redis-connection'
import { RedisServer } from '@weir/redis-connection/testing'
import { MemoryLogger } from '@weir/sdk/testing'

/** A broker that lines are read from. */
export interface BrokerSource {
  /** The receiver in the config: its id, and its keys. */
  readonly receiver: { readonly id: string; readonly config: string }
  publish(text: string): Promise<void>
  /** Everything has been given out and acknowledged. */
  isDrained(): Promise<boolean>
  stop(): Promise<void>
}

const link = { baseDir: '.', componentId: 'torture', logger: new MemoryLogger() }

export const brokerSources = {
  async nats(): Promise<BrokerSource> {
    const server = await NatsServer.start()
    const config = { urls: [server.url], connect_timeout: 5000, auth: {} }
    const client = await new NatsLink({ ...link, config }).client()
    await client.manager.streams.add({ name: 'logs', subjects: ['logs.>'] })
    return {
      receiver: {
        id: 'nats',
        config: `{ urls: ['${server.url}'], stream: logs, ack_wait: 2s, nak_delay: 200ms, parser: json }`,
      },
      publish: async (text) => void (await client.jetstream.publish('logs.app', text)),
      async isDrained() {
        const info = await client.manager.consumers.info('logs', 'weir').catch(() => undefined)
        return info?.num_pending === 0 && info.num_ack_pending === 0
      },
      async stop() {
        await client.close()
        await server[Symbol.asyncDispose]()
      },
    }
  },
  async redis(): Promise<BrokerSource> {
    const server = await RedisServer.start()
    const client = await new RedisLink({ ...link, config: { endpoint: server.endpoint, database: 0 } }).client()
    return {
      receiver: { id: 'redis', config: `{ endpoint: '${server.endpoint}', streams: [logs], parser: json }` },
      publish: async (body) => void (await client.xAdd('logs', '*', { body })),
      async isDrained() {
        const [group] = await client.xInfoGroups('logs').catch(() => [])
        return group !== undefined && Number(group.lag) === 0 && Number(group.pending) === 0
      },
      async stop() {
        client.destroy()
        await server[Symbol.asyncDispose]()
      },
    }
  },
}
