import { Buffer } from 'node:buffer'
import { batchOfLetters, type DeadLetter, kinship, readDeadLetter } from '@weir/dead-letter'
import { type AttributeMap, WeirError } from '@weir/sdk'
import { PendingDelivery } from '../channel/pending-delivery.ts'
import type { Graph } from '../graph/graph.ts'

/**
 * Sends dead letters into a running graph again: what an exporter gave up to that exporter, what a receiver's parser
 * did not understand through that receiver's parser and pipelines. Resolves when all is delivered, or dead again.
 * @param lines as they stand in the file
 * @param to id of another exporter or receiver
 * @returns how many records were sent
 * @throws WeirError `WEIR_REPLAY_TARGET` before anything is sent, or why something was not delivered
 */
export async function replay(graph: Graph, lines: string, to?: string): Promise<number> {
  const letters = lines.split('\n').flatMap((line) => readDeadLetter(line) ?? [])
  const sends = [...Map.groupBy(letters, kinship).values()].map((group) => sending(graph, group, to))
  await Promise.all(sends.map((send) => send()))
  return letters.length
}

/** How one group of letters is sent, which needs its target. */
function sending({ exporters, receivers }: Graph, letters: readonly DeadLetter[], to?: string): () => Promise<void> {
  const component = letters[0]?.component ?? ''
  const [kind, own] = [component.slice(0, component.indexOf('/')), component.slice(component.indexOf('/') + 1)]
  const exporter = exporters.find(({ id }) => (to ?? (kind === 'receiver' ? undefined : own)) === id)
  if (exporter !== undefined) {
    return async () => {
      const delivery = new PendingDelivery(1)
      await exporter.queue.push({ batch: batchOfLetters(letters), delivery })
      await delivery.done
    }
  }
  const receiver = receivers.find(({ stage }) => stage.id === (to ?? (kind === 'receiver' ? own : undefined)))?.stage
  if (receiver === undefined) {
    throw new WeirError(`there is no ${to ?? component} in the pipelines to replay to`, {
      code: 'WEIR_REPLAY_TARGET',
      hint: `name one with --to: ${[...exporters.map(({ id }) => id), ...receivers.map(({ stage }) => stage.id)].join(', ')}`,
    })
  }
  return async () => {
    for (const alike of Map.groupBy(letters, ({ record }) => JSON.stringify(record.attributes)).values()) {
      const { resource = {}, source = '', record } = alike[0] ?? {}
      const attributes: AttributeMap = record?.attributes ?? {}
      const bytes = Buffer.from(alike.map((letter) => `${letter.record.line ?? letter.record.body ?? ''}\n`).join(''))
      const lineSource = { id: `replay/${source}`, attributes, resource }
      const delivery = await receiver.sendLines({ bytes, from: 0, to: bytes.length, source: lineSource, flush: true })
      await delivery.done
    }
  }
}
