import {
  type ConnectionOptions,
  type NatsConnection,
  NatsConnectionImpl,
  setTransportFactory,
} from '@nats-io/transport-node'
import { NodeTransport, nodeResolveHost } from '@nats-io/transport-node/lib/node_transport.js'

/**
 * The client's transport, which lets go of a connection that was given up before the server had answered. The client's own keeps
 * it open for as long as the server does: one more for each attempt, and a process that never ends.
 */
class Transport extends NodeTransport {
  override async close(error?: Error): Promise<void> {
    if (this.connected) await super.close(error)
    else this.discard()
  }
}

/** What the client's `connect` does, by our transport. @throws what the client throws */
export function connect(options: ConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new Transport(), dnsResolveFn: nodeResolveHost })
  return NatsConnectionImpl.connect(options)
}
