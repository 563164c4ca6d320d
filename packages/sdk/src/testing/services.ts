import type { LogBatch } from '../batch.ts'
import { LogBatch as Batch } from '../batch.ts'
import { type Definition, isDefinition } from '../define.ts'
import { messageOf, WeirError } from '../errors.ts'
import { resolveConfig } from '../resolve-config.ts'
import type {
  Authenticators,
  Conditions,
  Detectors,
  Expressions,
  Logger,
  Meter,
  Parsers,
  Patterns,
  RunMode,
  State,
  Status,
  Terminal,
  Tokens,
} from '../token.ts'
import type { AttributeValue } from '../value.ts'
import { CollectingOutput } from './collecting-output.ts'
import { TestClock } from './test-clock.ts'

/** State in memory, which outlives the components that a test starts one after the other. Values go through JSON. */
export class MemoryState implements State {
  readonly #entries = new Map<string, string>()

  get(key: string): AttributeValue | undefined {
    const text = this.#entries.get(key)
    return text === undefined ? undefined : JSON.parse(text)
  }

  set(key: string, value: AttributeValue): void {
    if (value === null) this.#entries.delete(key)
    else this.#entries.set(key, JSON.stringify(value))
  }

  setAll(entries: { readonly [key: string]: AttributeValue }): void {
    for (const [key, value] of Object.entries(entries)) this.set(key, value)
  }

  keys(): string[] {
    return [...this.#entries.keys()]
  }
}

/** A logger that keeps what it is told: `['warn', 'message', fields]`. */
export class MemoryLogger implements Logger {
  readonly lines: { level: string; message: string; fields: object }[] = []
  readonly debug = this.#at('debug')
  readonly info = this.#at('info')
  readonly warn = this.#at('warn')
  readonly error = this.#at('error')

  #at(level: string) {
    return (fields: object | string, message?: string): void => {
      if (typeof fields === 'string') this.lines.push({ level, message: fields, fields: {} })
      else this.lines.push({ level, message: message ?? '', fields })
    }
  }
}

/** A meter that adds up: `meter.total('weir_receiver_dropped')`. */
export class MemoryMeter implements Meter {
  readonly #totals = new Map<string, number>()

  counter(name: string) {
    return { add: (value: number) => void this.#totals.set(name, this.total(name) + value) }
  }

  gauge(name: string) {
    return { record: (value: number) => void this.#totals.set(name, value) }
  }

  histogram(name: string) {
    return { record: (value: number) => void this.#totals.set(name, this.total(name) + value) }
  }

  /** Sum of a counter, last value of a gauge, sum of a histogram. */
  total(name: string): number {
    return this.#totals.get(name) ?? 0
  }
}

export interface TestServices {
  clock: TestClock
  state: MemoryState
  logger: MemoryLogger
  meter: MemoryMeter
  connectorOutput: CollectingOutput
  /** What was written to the terminal. */
  terminal: Terminal & { text: string }
  stop: AbortController
  /** By the name of the token; replaces what is above. */
  overrides: { readonly [token: string]: unknown }
}

/** Fresh services for one component, any of them replaced by `given`. */
export function testServices(given: Partial<TestServices> = {}): TestServices {
  const terminal = {
    text: '',
    write(text: string) {
      terminal.text += text
    },
  }
  return {
    clock: new TestClock(),
    state: new MemoryState(),
    logger: new MemoryLogger(),
    meter: new MemoryMeter(),
    connectorOutput: new CollectingOutput(),
    terminal,
    stop: new AbortController(),
    overrides: {},
    ...given,
  }
}

const plainPatterns: Patterns = {
  compile(source, flags = '') {
    try {
      const expression = new RegExp(source, flags)
      return { source, test: (text) => expression.test(text), exec: (text) => expression.exec(text) }
    } catch (error) {
      throw new WeirError(messageOf(error), { code: 'WEIR_PATTERN_INVALID' })
    }
  },
}

const absent = (what: string) => () => {
  throw new WeirError(`this test has no ${what}`, { code: 'WEIR_TEST_SERVICE', hint: `give it in services.overrides` })
}
const noConditions: Conditions = { compile: absent('conditions') }
const noExpressions: Expressions = { compile: absent('expressions') }
const noParsers: Parsers = { types: () => [], create: absent('parsers') }
const noAuthenticators: Authenticators = { resolve: absent('authenticators') }
const noStatus: Status = { read: absent('status') }
const noDetectors: Detectors = { resolve: absent('detectors') }

/** Makes the component that a definition defines, as core would: defaults filled in, units converted, config checked, tokens injected. */
export function createComponent<Instance>(
  definition: Definition<Definition['kind'], Instance>,
  config: unknown = {},
  services: TestServices = testServices(),
  id: string = definition.type,
): Instance {
  if (!isDefinition(definition)) throw new TypeError('not a component definition')
  const mode: RunMode = { once: false, isTerminal: false, baseDir: process.cwd() }
  const byToken: { readonly [token: string]: unknown } = {
    clock: services.clock,
    state: services.state,
    logger: services.logger,
    meter: services.meter,
    conditions: noConditions,
    expressions: noExpressions,
    patterns: plainPatterns,
    authenticators: noAuthenticators,
    status: noStatus,
    parsers: noParsers,
    detectors: noDetectors,
    run_mode: mode,
    terminal: services.terminal,
    component_id: id,
    stopping: services.stop.signal,
    connector_output: services.connectorOutput,
    batches: { take: (): LogBatch => new Batch() },
    ...services.overrides,
  }
  const tokens: Tokens = definition.inject ?? {}
  const injected = Object.entries(tokens).map(([property, token]) => [property, byToken[token.name]])
  const resolved = resolveConfig(definition.config, config)
  definition.check?.(resolved)
  return definition.create({ ...Object.fromEntries(injected), config: resolved })
}
