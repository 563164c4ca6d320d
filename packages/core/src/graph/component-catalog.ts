import type { ComponentConfig, WeirConfig } from '@weir/config'
import type { RegisteredType, Registry } from '@weir/plugins'
import {
  type Detector,
  Detectors,
  type DetectorType,
  type Kind,
  nearest,
  type Parser,
  Parsers,
  type ParserType,
  resolveConfig,
  type Token,
  WeirError,
} from '@weir/sdk'
import type { ThreadGroup } from '@weir/workers'
import { inject, injectable } from 'tsyringe'
import { ComponentFactory } from './component-factory.ts'
import { Isolation, isIsolated, withoutIsolation } from './isolation.ts'
import { services } from './services.ts'

interface Found {
  readonly id: string
  readonly type: RegisteredType
  readonly config: ComponentConfig['resolved']
}

/** Parsers and detectors by id, for those who are given an id: a configured one, or an installed type by its defaults. */
@injectable()
export class ComponentCatalog {
  readonly #config: WeirConfig
  readonly #registry: Registry
  readonly #factory: ComponentFactory
  readonly #isolation: Isolation

  constructor(
    @inject(services.config) config: WeirConfig,
    @inject(services.registry) registry: Registry,
    @inject(ComponentFactory) factory: ComponentFactory,
    @inject(Isolation) isolation: Isolation,
  ) {
    this.#config = config
    this.#registry = registry
    this.#factory = factory
    this.#isolation = isolation
  }

  /**
   * What a component is given that works with others.
   * @param threads of those that are isolated; they end with the component
   */
  services(threads: ThreadGroup): readonly (readonly [Token<unknown>, unknown])[] {
    const parsers: Parsers = {
      types: () => this.#registry.types('parser').map((type) => this.#parserType(type, threads)),
      create: (id) => this.#parser(this.find('parser', id), threads),
    }
    const detectors: Detectors = {
      resolve: (id): DetectorType => {
        const found = this.find('detector', id)
        const create = isIsolated(found.config)
          ? this.#isolation.detector({ kind: 'detector', ...found }, threads)
          : () => this.#create<Detector>(found, threads)
        return { id, type: found.type.definition.type, config: withoutIsolation(found.config), create }
      },
    }
    return [
      [Parsers, parsers],
      [Detectors, detectors],
    ]
  }

  /** The parser of an id in a thread of its own, if the config says so. */
  isolatedParser(id: string, threads: ThreadGroup): ReturnType<Isolation['parser']> | undefined {
    const found = this.find('parser', id)
    return isIsolated(found.config) ? this.#isolation.parser({ kind: 'parser', ...found }, threads) : undefined
  }

  /** A parser with keys of the receiver that reads by it, unless the config has an entry of that id. */
  createParser(id: string, keys: ComponentConfig['resolved'], threads: ThreadGroup): Parser {
    return this.#parser(this.find('parser', id, keys), threads)
  }

  /**
   * @param keys what an installed type is given where it is not configured
   * @throws WeirError `WEIR_PARSER_UNKNOWN`, `WEIR_DETECTOR_UNKNOWN`
   */
  find(kind: Kind, id: string, keys: ComponentConfig['resolved'] = {}): Found {
    const configured = this.#config.components.get(kind)?.get(id)
    const type = this.#registry.find(kind, configured?.type ?? id)
    if (type === undefined) {
      const near = nearest(id, [...(this.#config.components.get(kind)?.keys() ?? []), ...this.#registry.types(kind)])
      throw new WeirError(`there is no ${kind} "${id}"`, {
        code: `WEIR_${kind.toUpperCase()}_UNKNOWN`,
        ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
      })
    }
    return { id, type, config: configured?.resolved ?? { ...defaults(type), ...keys } }
  }

  #parserType(type: string, threads: ThreadGroup): ParserType {
    return {
      type,
      create: () => {
        const found = this.find('parser', type)
        const schema: { required?: readonly string[] } = found.type.schema
        const isComplete = (schema.required ?? []).every((key) => key in found.config)
        return isComplete ? this.#parser(found, threads) : undefined
      },
    }
  }

  #parser(found: Found, threads: ThreadGroup): Parser {
    if (!isIsolated(found.config)) return this.#create<Parser>(found, threads)
    return this.#isolation.parser({ kind: 'parser', ...found }, threads).parser
  }

  #create<Instance>({ id, type, config }: Found, threads: ThreadGroup): Instance {
    return this.#factory.create<Instance>({
      ...{ id, definition: type.definition, config: withoutIsolation(config) },
      extra: this.services(threads),
    })
  }
}

const defaults = (type: RegisteredType): ComponentConfig['resolved'] =>
  resolveConfig(type.schema, {}) as ComponentConfig['resolved']
