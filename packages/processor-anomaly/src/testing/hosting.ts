import {
  type Alert,
  asAlert,
  type Definition,
  type Detector,
  type Detectors,
  type LogBatch,
  type Record,
  type RunMode,
} from '@weir/sdk'
import { batchOf, createComponent, type Input, type TestServices, testServices } from '@weir/sdk/testing'
import { anomaly } from '../anomaly.ts'

export interface HostingOptions {
  /** Detectors by id, each with its definition and config. */
  detectors: {
    readonly [id: string]: readonly [Definition<'detector', Detector>, { readonly [key: string]: unknown }?]
  }
  once?: boolean
  services?: Partial<TestServices>
  /** Conditions by their text. */
  conditions?: { readonly [text: string]: (record: Record) => boolean }
}

/** The anomaly processor with these detectors, as core would run it. */
export function hosting({ detectors, once = true, services: given = {}, conditions = {} }: HostingOptions) {
  const catalog: Detectors = {
    resolve(id) {
      const [definition, config = {}] = detectors[id] ?? []
      if (definition === undefined) throw new Error(`no detector ${id}`)
      const create = () => createComponent(definition, config, services, id)
      return { id, type: definition.type, config, create }
    },
  }
  const mode: RunMode = { once, isTerminal: false, baseDir: '.' }
  const compile = (text: string) => conditions[text] ?? (() => false)
  const overrides = { detectors: catalog, run_mode: mode, conditions: { compile } }
  const services = testServices({ ...given, overrides })
  let processor = createComponent(anomaly, { detectors: Object.keys(detectors) }, services)
  const start = () => processor.start?.()
  void start()
  const host = {
    services,
    /** Every alert that was sent on, in order. */
    get alerts(): Alert[] {
      return services.connectorOutput.batches
        .flatMap((batch) => Array.from(batch, asAlert))
        .filter((alert) => alert !== undefined)
    },
    /** What goes on of a batch. */
    async process(batch: LogBatch) {
      return await processor.process(batch)
    },
    /** Feeds records in batches of `size`. */
    async feed(inputs: readonly Input[], size = 1000, source = 'a'): Promise<void> {
      for (let from = 0; from < inputs.length; from += size) {
        const batch = batchOf(inputs.slice(from, from + size))
        batch.source = source
        batch.observedTime = services.clock.now()
        await processor.process(batch)
      }
    },
    async finish(): Promise<Alert[]> {
      await processor.flush?.()
      await processor.stop?.()
      return host.alerts
    },
    /** Stops and starts again with the same state. */
    async restart(): Promise<void> {
      await processor.stop?.()
      processor = createComponent(anomaly, { detectors: Object.keys(detectors) }, services)
      await start()
    },
  }
  return host
}
