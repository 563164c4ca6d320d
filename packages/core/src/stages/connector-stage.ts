import { type Delivery, type LinesDelivery, type LogBatch, type Output, WeirError } from '@weir/sdk'
import { type Branch, fanOut } from '../channel/fan-out.ts'
import type { PendingDelivery } from '../channel/pending-delivery.ts'

/**
 * The output of a component that stands between two pipelines. What it sends while it processes a batch becomes part of
 * that batch's delivery: a source's checkpoint does not move past an alert that has not arrived.
 */
export class ConnectorStage implements Output {
  readonly #id: string
  #branches: readonly Branch[] = []
  #deliveries: Delivery[] = []

  constructor(id: string) {
    this.#id = id
  }

  connect(branches: readonly Branch[]): void {
    this.#branches = branches
  }

  async send(batch: LogBatch): Promise<Delivery> {
    const delivery = await fanOut(batch, this.#branches)
    this.#deliveries.push(delivery)
    return delivery
  }

  sendLines(): Promise<LinesDelivery> {
    throw new WeirError(`${this.#id} sends records, not lines`, { code: 'WEIR_OUTPUT_LINES', component: this.#id })
  }

  end(): void {}

  moveDeliveriesTo(deliveries: readonly PendingDelivery[]): void {
    if (this.#deliveries.length === 0) return
    for (const part of this.#deliveries.splice(0)) for (const delivery of deliveries) delivery.include(part)
  }
}
