import type { AttributeMap, Clock, Output } from '@weir/sdk'
import { BlockPool } from './block-pool.ts'
import { Gathering } from './gathering.ts'
import type { ListenerMetrics } from './listener-metrics.ts'

export type Transport = 'udp' | 'tcp' | 'unix'

/** Who sends. */
export interface Peer {
  /** Empty for a Unix socket. */
  readonly address: string
  readonly port: number
  /** Tells the connections of a Unix socket apart. */
  readonly connection?: number
}

export interface GatheringsOptions {
  readonly componentId: string
  /** Each peer is a source of its own. */
  readonly isByPeer: boolean
  readonly joinMs: number | undefined
  readonly transport: Transport
  readonly output: Output
  readonly clock: Clock
  readonly metrics: ListenerMetrics
  readonly flushMs: number
  readonly newlines: 'escape' | 'space' | 'split'
  /** Each peer's messages bear its address. */
  readonly addAttributes: boolean
  readonly maxQueuedBytes: number
  onLost(error: unknown): void
}

/** A block is what the stage makes one batch of; of each peer of many it is less. */
const blockBytes = 256 * 1024
const blockBytesOfPeer = 16 * 1024

/** What one listener has received and not sent: in one piece, or by peer. */
export class Gatherings {
  readonly #options: GatheringsOptions
  readonly #blocks: BlockPool
  readonly #gatherings = new Map<string, Gathering>()
  readonly #queue = { bytes: 0 }
  /** Called when there is room after there was none. */
  onRoom: () => void = () => {}

  constructor(options: GatheringsOptions) {
    this.#options = options
    this.#blocks = new BlockPool(options.isByPeer ? blockBytesOfPeer : blockBytes)
  }

  get isFull(): boolean {
    return this.#queue.bytes >= this.#options.maxQueuedBytes
  }

  of(peer: Peer): Gathering {
    const { isByPeer, addAttributes, componentId, transport } = this.#options
    const key = isByPeer ? keyOf(peer) : ''
    let gathering = this.#gatherings.get(key)
    if (gathering === undefined) {
      const id = `${componentId}/${transport}${isByPeer ? `/${key}` : ''}`
      gathering = this.#create(key, id, addAttributes ? attributesOf(transport, peer) : {})
      this.#gatherings.set(key, gathering)
    }
    return gathering
  }

  /** This peer sends no more. */
  finish(peer: Peer): void {
    if (this.#options.isByPeer) this.#gatherings.get(keyOf(peer))?.finish()
  }

  /** Sends everything. */
  async drain(): Promise<void> {
    await Promise.all(Array.from(this.#gatherings.values(), (gathering) => gathering.drain()))
  }

  #create(key: string, id: string, attributes: AttributeMap): Gathering {
    const { output, clock, flushMs, newlines, metrics, isByPeer, joinMs, onLost } = this.#options
    const gathering: Gathering = new Gathering({
      source: { id, attributes },
      output,
      clock,
      blocks: this.#blocks,
      queue: this.#queue,
      flushMs,
      joinMs,
      newlines,
      onRoom: () => {
        if (isByPeer && gathering.isIdle && this.#gatherings.get(key) === gathering) this.#gatherings.delete(key)
        this.onRoom()
      },
      onLost: (bytes, error) => {
        metrics.lostBytes.add(bytes)
        onLost(error)
      },
    })
    return gathering
  }
}

const keyOf = ({ address, port, connection }: Peer): string => (address === '' ? `${connection}` : `${address}:${port}`)

/** @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/network/ */
const attributesOf = (transport: Transport, { address, port }: Peer): AttributeMap =>
  transport === 'unix'
    ? { 'network.transport': transport }
    : { 'network.peer.address': address, 'network.peer.port': port, 'network.transport': transport }
