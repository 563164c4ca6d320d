import {
  type ConnectorOutput,
  type Delivery,
  type LinesDelivery,
  type LogBatch,
  type Output,
  WeirError,
} from '@weir/sdk'
import { type Branch, fanOut } from '../channel/fan-out.ts'
import { PendingDelivery } from '../channel/pending-delivery.ts'
import type { DeliveryLedger } from '../checkpoint/delivery-ledger.ts'
import { Gate } from '../checkpoint/gate.ts'

/**
 * The output of a component that stands between two pipelines. What it sends while it processes a batch becomes part of
 * that batch's delivery: a source's checkpoint does not move past an alert that has not arrived.
 */
export class ConnectorStage implements ConnectorOutput {
  /** Passed by what it sends. */
  readonly gate = new Gate()
  readonly #id: string
  #ledger: DeliveryLedger
  readonly #passesOn: boolean
  #branches: ReadonlyMap<string, Branch> = new Map()
  #deliveries: Delivery[] = []
  #sending = 0

  /** @param passesOn whether it sends records that it was given, which other exporters see as well */
  constructor(id: string, ledger: DeliveryLedger, passesOn: boolean) {
    this.#id = id
    this.#ledger = ledger
    this.#passesOn = passesOn
  }

  /** Nothing is being sent. */
  get isIdle(): boolean {
    return this.#sending === 0
  }

  /** Its component goes on in other pipelines, whose deliveries are counted there. Nothing may be passing the gate. */
  reroute(ledger: DeliveryLedger): void {
    this.#ledger = ledger
  }

  /** @param branches by the names of the pipelines that receive from it */
  connect(branches: ReadonlyMap<string, Branch>): void {
    this.#branches = branches
  }

  send(batch: LogBatch): Promise<Delivery> {
    return this.#send(batch, () => [...this.#branches.values()])
  }

  to(pipelines: readonly string[]): Output {
    const sendLines = () => this.sendLines()
    const send = (batch: LogBatch) =>
      this.#send(batch, () => pipelines.flatMap((name) => this.#branches.get(name) ?? []))
    return { send, sendLines, storeSoon() {}, end() {} }
  }

  sendLines(): Promise<LinesDelivery> {
    throw new WeirError(`${this.#id} sends records, not lines`, { code: 'WEIR_OUTPUT_LINES', component: this.#id })
  }

  storeSoon(): void {}

  end(): void {}

  moveDeliveriesTo(deliveries: readonly PendingDelivery[]): void {
    if (this.#deliveries.length === 0) return
    for (const part of this.#deliveries.splice(0)) for (const delivery of deliveries) delivery.include(part)
  }

  async #send(batch: LogBatch, branches: () => readonly Branch[]): Promise<Delivery> {
    this.#sending++
    // What its component takes for sent must not be stored as such before it is delivered, also while it is held back.
    const whole = new PendingDelivery(1)
    if (this.gate.isClosed) void this.#ledger.add(whole)
    try {
      const delivery = await this.gate.pass(() => fanOut(batch, branches(), this.#passesOn))
      whole.include(delivery)
      whole.settle()
      this.#deliveries.push(delivery)
      void this.#ledger.add(delivery)
      return delivery
    } catch (error) {
      whole.fail(error)
      throw error
    } finally {
      this.#sending--
    }
  }
}
