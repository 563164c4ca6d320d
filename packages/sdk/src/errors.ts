/**
 * Every error that Weir raises on purpose. Errors are recognised by brand, not `instanceof`, so that two copies of the
 * SDK in one process do no harm.
 */
const brand: unique symbol = Symbol.for('weir.error')

export interface WeirErrorOptions {
  /** Stable, documented code such as `WEIR_CONFIG_UNKNOWN_KEY`. */
  code: string
  /** What the reader can do about it. */
  hint?: string
  /** Id of the component that it concerns, such as `file/nginx`. */
  component?: string
  /** Of a config that is no use: the keys and list indices that lead to the fault, from the component's own keys on. */
  configPath?: readonly (string | number)[]
  cause?: unknown
}

/** An error with a stable `code`, a message that names the component, and a hint. */
export class WeirError extends Error {
  readonly code: string
  readonly hint: string | undefined
  readonly component: string | undefined
  readonly configPath: readonly (string | number)[]
  get [brand](): string {
    return 'error'
  }

  constructor(message: string, options: WeirErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'WeirError'
    this.code = options.code
    this.hint = options.hint
    this.component = options.component
    this.configPath = options.configPath ?? []
  }
}

export interface RetryableErrorOptions extends Partial<WeirErrorOptions> {
  /** How long the sink asked us to wait, in milliseconds (HTTP `Retry-After`). */
  retryAfter?: number
}

/** Thrown by an exporter when the same batch may succeed later (time-out, 429, 5xx, connection reset). */
export class RetryableError extends WeirError {
  readonly retryAfter: number | undefined
  override get [brand](): string {
    return 'retryable'
  }

  constructor(message: string, options: RetryableErrorOptions = {}) {
    super(message, { code: 'WEIR_EXPORT_RETRYABLE', ...options })
    this.name = 'RetryableError'
    this.retryAfter = options.retryAfter
  }
}

export interface PermanentErrorOptions extends Partial<WeirErrorOptions> {
  /** How many records were refused, if the others were delivered; left out: all. */
  records?: number
  /**
   * Which records were refused, if the others were delivered: their places in the batch as it is iterated, ascending,
   * from 0. Only these become dead letters; without it all records of the batch do.
   */
  rows?: readonly number[]
}

/**
 * Thrown by an exporter when the batch, or some of its records, will never be accepted (400, too large); they are
 * counted and not sent again.
 */
export class PermanentError extends WeirError {
  readonly records: number | undefined
  readonly rows: readonly number[] | undefined
  override get [brand](): string {
    return 'permanent'
  }

  constructor(message: string, options: PermanentErrorOptions = {}) {
    super(message, { code: 'WEIR_EXPORT_PERMANENT', ...options })
    this.name = 'PermanentError'
    this.records = options.rows?.length ?? options.records
    this.rows = options.rows
  }
}

const brandOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null ? Reflect.get(error, brand) : undefined

export const isWeirError = (error: unknown): error is WeirError => brandOf(error) !== undefined
export const isRetryableError = (error: unknown): error is RetryableError => brandOf(error) === 'retryable'
export const isPermanentError = (error: unknown): error is PermanentError => brandOf(error) === 'permanent'

/** The message of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
