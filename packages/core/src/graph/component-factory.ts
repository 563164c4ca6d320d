import { messageWithPlace } from '@weir/config'
import {
  ComponentId,
  type Context,
  type Definition,
  isWeirError,
  Logger,
  Meter,
  State,
  type Token,
  type Tokens,
  type TSchema,
  WeirError,
} from '@weir/sdk'
import type { StateStore } from '@weir/state'
import { componentLogger, type PinoLogger, Telemetry } from '@weir/telemetry'
import { type DependencyContainer, inject, injectable } from 'tsyringe'
import { HeldState } from '../checkpoint/held-state.ts'
import { services } from './services.ts'

/** What is made: a definition with its config, under an id. */
export interface Blueprint {
  readonly id: string
  readonly definition: Definition
  readonly config: Context<TSchema, Tokens>['config']
  /** Namespace of the component's state; its kind and id if left out. */
  readonly namespace?: string
  /** Services of this component alone, by token. */
  readonly extra?: readonly (readonly [Token<unknown>, unknown])[]
}

/**
 * Makes components. Each gets a container of its own, a child of the process's, with its id, logger, meter, state; and
 * `create` gets of it exactly what `inject` names.
 */
@injectable()
export class ComponentFactory {
  readonly #container: DependencyContainer
  readonly #logger: PinoLogger
  readonly #telemetry: Telemetry
  readonly #state: StateStore
  readonly #states: Map<string, HeldState>

  constructor(
    @inject(services.container) container: DependencyContainer,
    @inject(services.logger) logger: PinoLogger,
    @inject(Telemetry) telemetry: Telemetry,
    @inject(services.state) state: StateStore,
    @inject(services.states) states: Map<string, HeldState>,
  ) {
    this.#container = container
    this.#logger = logger
    this.#telemetry = telemetry
    this.#state = state
    this.#states = states
  }

  /** The logger of a component, or of a stage that speaks for it. */
  logger(id: string): Logger {
    return componentLogger(this.#logger, id)
  }

  meter(kind: string, id: string): Meter {
    return this.#telemetry.meter(kind, id)
  }

  /** The state of a component, always the same for a namespace. */
  state(namespace: string): HeldState {
    let state = this.#states.get(namespace)
    if (state === undefined) {
      state = new HeldState(namespace, this.#state.namespace(namespace))
      this.#states.set(namespace, state)
    }
    return state
  }

  /** @throws WeirError `WEIR_COMPONENT_CREATE`, `WEIR_COMPONENT_TOKEN` */
  create<Instance>({ id, definition, config, namespace, extra = [] }: Blueprint): Instance {
    const container = this.#container.createChildContainer()
    const { kind } = definition
    container.register(ComponentId.name, { useValue: id })
    container.register(Logger.name, { useFactory: () => this.logger(id) })
    container.register(Meter.name, { useFactory: () => this.meter(kind, id) })
    container.register(State.name, { useFactory: () => this.state(namespace ?? `${kind}/${id}`) })
    for (const [token, value] of extra) container.register(token.name, { useValue: value })
    const context: { [property: string]: unknown } = { config }
    for (const [property, token] of Object.entries(definition.inject ?? {})) {
      if (!container.isRegistered(token.name, true)) {
        throw new WeirError(`${id} asks for the service "${token.name}", which this Weir does not have`, {
          code: 'WEIR_COMPONENT_TOKEN',
          component: id,
          hint: 'update Weir, or use a version of the plugin made for this one',
        })
      }
      context[property] = container.resolve(token.name)
    }
    try {
      return definition.create(context) as Instance
    } catch (error) {
      if (isWeirError(error)) throw named(error, id)
      throw new WeirError(`${id} could not be created: ${messageWithPlace(error)}`, {
        code: 'WEIR_COMPONENT_CREATE',
        component: id,
        cause: error,
      })
    }
  }
}

/** The error with the component that it is about: a plugin need not know its id to say what is wrong with its keys. */
function named(error: WeirError, component: string): WeirError {
  const { code, hint, message } = error
  if (error.component !== undefined || message.includes(component)) return error
  return new WeirError(`${component}: ${message}`, {
    code,
    component,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  })
}
