import type { IsolationLimits } from '@weir/config'
import type { RegisteredType } from '@weir/plugins'
import { type Clock, type Detector, type Kind, type Parser, type Processor, type RunMode, WeirError } from '@weir/sdk'
import {
  cannotIsolate,
  IsolatedDetectors,
  IsolatedParser,
  IsolatedProcessor,
  IsolatedThread,
  type RemoteParser,
  remoteParserOf,
  type ThreadGroup,
  tokensBeyondIsolation,
} from '@weir/workers'
import { inject, injectable } from 'tsyringe'
import { ComponentFactory } from './component-factory.ts'
import { services } from './services.ts'

/** A component of the config with its type, and the key of its state. */
export interface Isolatable {
  readonly kind: Kind
  readonly id: string
  readonly type: RegisteredType
  /** Whole, with the keys of isolation. */
  readonly config: { readonly [key: string]: unknown }
  readonly namespace?: string
}

export const isIsolated = (config: Isolatable['config']): boolean => config.isolation === 'worker'

/** The config without the keys of isolation, which are no business of the component's. */
export function withoutIsolation({ isolation: _, isolation_options: __, ...config }: Isolatable['config']): object & {
  readonly [key: string]: unknown
} {
  return config
}

/** Makes components that run in threads of their own. */
@injectable()
export class Isolation {
  readonly #factory: ComponentFactory
  readonly #clock: Clock
  readonly #runMode: RunMode
  readonly #abort: AbortController

  constructor(
    @inject(ComponentFactory) factory: ComponentFactory,
    @inject(services.clock) clock: Clock,
    @inject(services.runMode) runMode: RunMode,
    @inject(services.abort) abort: AbortController,
  ) {
    this.#factory = factory
    this.#clock = clock
    this.#runMode = runMode
    this.#abort = abort
  }

  /** The parser, twice: for those who wait on the spot, and for those who need not. */
  parser(component: Isolatable, threads: ThreadGroup): { parser: Parser; remote: RemoteParser } {
    const thread = this.#thread(component, threads)
    thread.startNow()
    return { parser: new IsolatedParser(thread), remote: remoteParserOf(thread) }
  }

  processor(component: Isolatable, threads: ThreadGroup): Processor {
    return new IsolatedProcessor(this.#thread(component, threads))
  }

  /** @returns what makes its instances, all in one thread, which begins with the first and ends with the last */
  detector(component: Isolatable, threads: ThreadGroup): () => Detector {
    let detectors: IsolatedDetectors | undefined
    return () => {
      if (detectors === undefined || detectors.isOver) {
        const thread = this.#thread(component, threads)
        thread.startNow()
        detectors = new IsolatedDetectors(thread)
      }
      return detectors.create()
    }
  }

  /** @throws WeirError `WEIR_ISOLATION_TOKEN` when it needs a service that stays with the collector */
  #thread({ kind, id, type, config, namespace }: Isolatable, threads: ThreadGroup): IsolatedThread {
    const { definition, entry } = type
    const [beyond] = tokensBeyondIsolation(definition.inject)
    if (beyond !== undefined)
      throw new WeirError(cannotIsolate(id, beyond), { code: 'WEIR_ISOLATION_TOKEN', component: id })
    const own = { kind, type: definition.type, entry, config: withoutIsolation(config), key: `${kind}/${id}` }
    return threads.adopt(
      new IsolatedThread({
        id,
        component: own,
        // The config was resolved by the schema that has them.
        limits: config.isolation_options as IsolationLimits,
        clock: this.#clock,
        logger: this.#factory.logger(id),
        meter: this.#factory.meter(kind, id),
        state: this.#factory.state(namespace ?? `${kind}/${id}`),
        runMode: this.#runMode,
        stopping: this.#abort.signal,
      }),
    )
  }
}
