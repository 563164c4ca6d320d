import { hostname } from 'node:os'
import { resolve } from 'node:path'
import type { Clock, ExportContext, Exporter, LogBatch, Meter, RunMode } from '@weir/sdk'
import type { SyslogConfig } from './config.ts'
import { DatagramSink } from './datagram-sink.ts'
import { impossible } from './errors.ts'
import { MessageFormat } from './message-format.ts'
import type { Sink } from './sink.ts'
import { StreamSink } from './stream-sink.ts'
import { tlsOptions } from './tls-options.ts'

export interface SyslogExporterOptions {
  readonly config: SyslogConfig
  readonly mode: RunMode
  readonly clock: Clock
  readonly meter: Meter
}

/** What fits into a datagram of IPv4. */
const maxDatagramBytes = 65_507
/** A header may have 501 bytes. */
const minMessageBytes = 512

/** Sends records as syslog. */
export class SyslogExporter implements Exporter {
  readonly #options: SyslogExporterOptions
  readonly #format: MessageFormat
  #sink: Sink | undefined

  constructor(options: SyslogExporterOptions) {
    const { config, clock, meter } = options
    this.#options = options
    const truncated = meter.counter('weir_exporter_syslog_truncated_messages', {
      description: 'Messages that were longer than max_message_size, and cut',
      unit: '{message}',
    })
    this.#format = new MessageFormat({ config, machine: hostname(), clock, onTruncated: () => truncated.add(1) })
  }

  /** @throws WeirError `WEIR_SYSLOG_EXPORTER_TLS` */
  start(): void {
    this.#sink = this.#open()
  }

  async export(batch: LogBatch, { abortSignal }: ExportContext): Promise<void> {
    this.#sink ??= this.#open()
    const messages: string[] = []
    batch.forEach((record) => messages.push(this.#format.format(record)))
    if (messages.length > 0) await this.#sink.send(messages, abortSignal)
  }

  async stop(): Promise<void> {
    await this.#sink?.close()
  }

  #open(): Sink {
    const { config, mode, clock } = this.#options
    const { endpoint, network, port } = config
    if (network === 'udp') return new DatagramSink(endpoint, port)
    const tls = network === 'tcp' && config.tls?.insecure === false ? config.tls : undefined
    return new StreamSink({
      place: network === 'unix' ? { path: resolve(mode.baseDir, endpoint) } : { host: endpoint, port },
      tls: tls && tlsOptions(tls, endpoint, mode.baseDir),
      hasCertificate: tls?.cert_file !== undefined,
      octetCounting: isCounting(config),
      clock,
      closeMs: config.close_timeout,
    })
  }
}

const isCounting = ({ enable_octet_counting: isOn, network, tls }: SyslogConfig): boolean =>
  isOn ?? (network === 'tcp' && tls?.insecure === false)

/** @throws WeirError `WEIR_SYSLOG_EXPORTER_CONFIG` */
export function checkSyslogExporter(config: SyslogConfig): void {
  const { network, embedded_newlines: newlines, max_message_size: size } = config
  if (newlines === 'keep' && network !== 'udp' && !isCounting(config)) {
    throw impossible(
      'embedded_newlines',
      'keep would make several messages of one, since line feeds end them',
      'set enable_octet_counting: true, or leave embedded_newlines out',
    )
  }
  if (network === 'udp' && size > maxDatagramBytes) {
    throw impossible(
      'max_message_size',
      `a datagram holds ${maxDatagramBytes} bytes`,
      `write ${maxDatagramBytes} or less`,
    )
  }
  if (size < minMessageBytes) {
    throw impossible('max_message_size', 'a header alone may need as much', `write ${minMessageBytes} or more`)
  }
}
