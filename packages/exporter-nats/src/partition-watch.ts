import { Router } from '@weir/broker-messages'
import type { NatsClient } from '@weir/nats-connection'
import type { Logger } from '@weir/sdk'

export interface PartitionWatchOptions {
  readonly stream: string
  /** Subject of messages, with a `{partition}`. */
  readonly template: string
  readonly partitions: number
  readonly logger: Logger
}

/** What the watch needs to know of a consumer. */
interface Consumer {
  readonly filters: readonly string[]
  /** Counts what it has been given. */
  readonly delivered: number
  /** Whether someone asks for messages, or nothing waits. */
  readonly isServed: boolean
}

/** Says which partitions nobody consumes, so that what is stored for them waits in vain. */
export class PartitionWatch {
  readonly #options: PartitionWatchOptions
  /** Subjects by partition, `*` for fields. */
  readonly #subjects: readonly string[]
  /** By its name, what a consumer had been given at the look before. */
  #delivered = new Map<string, number>()
  #lonely = ''

  constructor(options: PartitionWatchOptions) {
    this.#options = options
    this.#subjects = Array.from({ length: options.partitions }, (_, partition) =>
      Router.pattern(options.template.replaceAll('{partition}', String(partition))),
    )
  }

  /** Looks at the consumers of the stream. @throws what the client throws */
  async look(client: NatsClient): Promise<void> {
    const { logger, stream } = this.#options
    const consumers = await this.#consumers(client)
    const lonely = this.#subjects.flatMap((subject, partition) =>
      consumers.some(({ filters }) => filters.some((filter) => meets(filter, subject))) ? [] : [partition],
    )
    if (lonely.join() === this.#lonely) return
    this.#lonely = lonely.join()
    if (lonely.length === 0) logger.info({ stream }, 'every partition is consumed')
    else {
      logger.warn(
        { stream, partitions: lonely },
        'nobody consumes these partitions: name them in the partitions of a receiver, or start the collector that has them',
      )
    }
  }

  /** Those that are at work: a durable one stays in the stream when its collector has gone. */
  async #consumers(client: NatsClient): Promise<readonly Consumer[]> {
    const consumers: Consumer[] = []
    const delivered = new Map<string, number>()
    for await (const { name, config, ...state } of client.manager.consumers.list(this.#options.stream)) {
      const filters = config.filter_subjects ?? [config.filter_subject ?? '>']
      const count = state.delivered.consumer_seq
      const isServed = (state.num_waiting ?? 0) > 0 || config.deliver_subject !== undefined || state.num_pending === 0
      consumers.push({ filters, delivered: count, isServed: isServed || this.#delivered.get(name) !== count })
      delivered.set(name, count)
    }
    this.#delivered = delivered
    return consumers.filter(({ isServed }) => isServed)
  }
}

/** Whether some subject fits both: token by token, `*` any of them, `>` all the rest. */
function meets(filter: string, subject: string): boolean {
  const [tokens, others] = [filter.split('.'), subject.split('.')]
  for (const [index, token] of tokens.entries()) {
    if (token === '>') return others.length > index
    const other = others[index]
    if (other === undefined || (token !== other && token !== '*' && other !== '*')) return false
  }
  return tokens.length === others.length
}
