import type { Buffer } from 'node:buffer'
import type { Clock, Counter, Meter } from '@weir/sdk'
import { Programs } from './attribute-keys.ts'
import type { Intake } from './intake.ts'
import { JsonRequest } from './json-request.ts'
import { ProtobufRequest } from './protobuf-request.ts'

export interface RequestsOptions {
  readonly componentId: string
  readonly clock: Clock
  readonly meter: Meter
  readonly intake: Intake
}

const kinds = { protobuf: ProtobufRequest, json: JsonRequest } as const

/** Takes requests, however they came. */
export class Requests {
  readonly #options: RequestsOptions
  readonly #programs = new Programs()
  readonly #rejected: Counter

  constructor(options: RequestsOptions) {
    this.#options = options
    this.#rejected = options.meter.counter('weir_receiver_otlp_rejected_log_records', {
      description: 'Log records that were rejected while the rest of their request was taken',
      unit: '{record}',
    })
  }

  /**
   * Resolves when the request may be answered with success.
   * @returns how many of its records were rejected
   * @throws MalformedError, TryLater
   */
  async take(bytes: Buffer, encoding: keyof typeof kinds): Promise<number> {
    const { componentId, clock, intake } = this.#options
    const request = new kinds[encoding](bytes, { componentId, time: clock.now(), programs: this.#programs })
    await intake.take(request)
    if (request.rejected > 0) this.#rejected.add(request.rejected)
    return request.rejected
  }
}
