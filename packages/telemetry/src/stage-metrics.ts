import type { Clock, Meter } from '@weir/sdk'
import type { Backlog } from './backlog.ts'

const unit = '{record}'

/** What the stage of a receiver counts. Names are the Collector's with our prefix. */
export class ReceiverMetrics {
  readonly #accepted
  readonly #bytes
  readonly #failures
  readonly #invalid
  readonly #overlong
  readonly #errors
  readonly #deadLetters

  constructor(meter: Meter) {
    this.#deadLetters = meter.counter('weir_receiver_dead_letters', {
      description: 'Records that went to `dead_letter` (`kept`), or for which its file had no room (`dropped`)',
      unit,
    })
    this.#accepted = meter.counter('weir_receiver_accepted_log_records', {
      description: 'Records that entered the pipelines',
      unit,
    })
    this.#bytes = meter.counter('weir_receiver_accepted_bytes', {
      description: 'Bytes of lines that were taken',
      unit: 'By',
    })
    this.#failures = meter.counter('weir_receiver_parse_failures', {
      description: 'Lines that the parser did not understand',
      unit,
    })
    this.#invalid = meter.counter('weir_receiver_invalid_utf8', {
      description: 'Lines in which invalid UTF-8 was replaced',
      unit,
    })
    this.#overlong = meter.counter('weir_receiver_overlong_log_records', {
      description: 'Records cut or dropped because of max_log_size',
      unit,
    })
    this.#errors = meter.counter('weir_receiver_parser_errors', {
      description: 'Exceptions thrown by the parser',
      unit: '{error}',
    })
  }

  readonly deadLetters = (records: number, outcome: 'kept' | 'dropped'): void => {
    this.#deadLetters.add(records, { outcome })
  }

  accepted(records: number): void {
    this.#accepted.add(records)
  }

  bytes(count: number): void {
    this.#bytes.add(count)
  }

  parseFailures(lines: number): void {
    this.#failures.add(lines)
  }

  invalidUtf8(lines: number): void {
    this.#invalid.add(lines)
  }

  overlong(): void {
    this.#overlong.add(1)
  }

  parserError(): void {
    this.#errors.add(1)
  }
}

/** What a pipeline counts. */
export class PipelineMetrics {
  readonly #incoming
  readonly #outgoing
  readonly #errors
  readonly #dropped

  constructor(meter: Meter) {
    this.#incoming = meter.counter('weir_pipeline_incoming_records', {
      description: 'Records that entered the pipeline',
      unit,
    })
    this.#outgoing = meter.counter('weir_pipeline_outgoing_records', {
      description: 'Records that its processors let through',
      unit,
    })
    this.#errors = meter.counter('weir_processor_errors', {
      description: 'Exceptions thrown by a processor',
      unit: '{error}',
    })
    this.#dropped = meter.counter('weir_pipeline_dropped_records', {
      description: 'Records dropped by a channel or after an exception',
      unit,
    })
  }

  incoming(records: number): void {
    this.#incoming.add(records)
  }

  outgoing(records: number): void {
    this.#outgoing.add(records)
  }

  error(processor: string): void {
    this.#errors.add(1, { processor })
  }

  dropped(records: number, reason: string): void {
    this.#dropped.add(records, { reason })
  }
}

/** What the stage of an exporter counts. */
export class ExporterMetrics {
  readonly #sent
  readonly #dropped
  readonly #retries
  readonly #circuit
  readonly #queueSize
  readonly #queueBytes
  readonly #queueAge
  readonly #damaged
  readonly #deadLetters
  #queue: { readonly backlog: Backlog; readonly clock: Clock } | undefined

  constructor(meter: Meter) {
    this.#sent = meter.counter('weir_exporter_sent_log_records', { description: 'Records delivered', unit })
    this.#dropped = meter.counter('weir_exporter_send_failed_log_records', { description: 'Records given up', unit })
    this.#retries = meter.counter('weir_exporter_retries', {
      description: 'Attempts after a retryable error',
      unit: '{attempt}',
    })
    this.#circuit = meter.gauge('weir_exporter_circuit_state', { description: '0 closed, 1 half open, 2 open' })
    this.#queueSize = meter.gauge('weir_exporter_queue_size', { description: 'Records waiting', unit })
    this.#queueBytes = meter.gauge('weir_exporter_queue_bytes', { description: 'Bytes waiting', unit: 'By' })
    this.#queueAge = meter.gauge('weir_exporter_queue_oldest_age_ms', {
      description: 'Age of the oldest batch that waits on disk, as of the last change or attempt',
      unit: 'ms',
    })
    this.#damaged = meter.counter('weir_exporter_queue_damaged', {
      description: 'Parts of the queue on disk that were damaged and set aside',
      unit: '{part}',
    })
    this.#deadLetters = meter.counter('weir_exporter_dead_letters', {
      description:
        'Records given up that went to `dead_letter` (`kept`), or for which its file had no room (`dropped`)',
      unit,
    })
  }

  readonly deadLetters = (records: number, outcome: 'kept' | 'dropped'): void => {
    this.#deadLetters.add(records, { outcome })
  }

  sent(records: number): void {
    this.#sent.add(records)
    this.recordQueue()
  }

  dropped(records: number, reason: string): void {
    this.#dropped.add(records, { reason })
    this.recordQueue()
  }

  retried(): void {
    this.#retries.add(1)
    this.recordQueue()
  }

  circuit(state: 'closed' | 'half_open' | 'open'): void {
    this.#circuit.record({ closed: 0, half_open: 1, open: 2 }[state])
  }

  /** A part of the queue on disk was set aside. */
  damaged(): void {
    this.#damaged.add(1)
  }

  observeQueue(backlog: Backlog, clock: Clock): void {
    this.#queue = { backlog, clock }
    this.recordQueue()
  }

  recordQueue(): void {
    if (this.#queue === undefined) return
    const { backlog, clock } = this.#queue
    const { records, bytes, oldestTime } = backlog
    this.#queueSize.record(records)
    this.#queueBytes.record(bytes)
    if ('oldestTime' in backlog) this.#queueAge.record(oldestTime === undefined ? 0 : clock.now() - oldestTime)
  }
}
