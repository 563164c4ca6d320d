import type { Delivery, LogBatch } from '@weir/sdk'
import type { Channel } from './channel.ts'
import { PendingDelivery } from './pending-delivery.ts'

/** A way that batches can take, and whether what comes at its end changes them. */
export interface Branch {
  readonly channel: Channel
  readonly mutates: boolean
}

/**
 * Sends a batch down every branch. A branch that changes records gets a copy unless it is the only one.
 * Resolves when every branch had room.
 * @param isShared others see these records, too
 */
export async function fanOut(batch: LogBatch, branches: readonly Branch[], isShared = false): Promise<Delivery> {
  const delivery = new PendingDelivery(branches.length)
  for (const { channel, mutates } of branches) {
    await channel.push({ batch: mutates && (isShared || branches.length > 1) ? batch.copy() : batch, delivery })
  }
  return delivery
}
