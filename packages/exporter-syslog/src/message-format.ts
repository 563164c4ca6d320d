import { Buffer } from 'node:buffer'
import { type Clock, type FieldReader, fieldReader, type Record, textOf } from '@weir/sdk'
import type { SyslogConfig } from './config.ts'
import { escapeMessage } from './control-characters.ts'
import { headerField } from './header-field.ts'
import { priorityOf } from './priority.ts'
import { parameter, structuredData, unparsedData } from './structured-data.ts'
import { Rfc3164Time, rfc5424Time } from './syslog-time.ts'

/** Attributes that have a place of their own in a message. */
const placed = new Set([
  'hostname',
  'appname',
  'proc_id',
  'msg_id',
  'priority',
  'facility',
  'facility_text',
  'version',
  'structured_data',
])

export interface MessageFormatOptions {
  readonly config: SyslogConfig
  /** Name of this machine. */
  readonly machine: string
  readonly clock: Clock
  onTruncated(): void
}

/** Writes records as messages of syslog. Nothing in a record can end its message or pass for another field of it. */
export class MessageFormat {
  readonly #options: MessageFormatOptions
  readonly #message: FieldReader
  readonly #time: Rfc3164Time

  /** @throws WeirError `WEIR_TIME_ZONE` */
  constructor(options: MessageFormatOptions) {
    this.#options = options
    this.#message = fieldReader(options.config.message)
    this.#time = new Rfc3164Time(options.config.location)
  }

  /** The message of a record, no longer than allowed. */
  format(record: Record): string {
    const { config } = this.#options
    const priority = priorityOf(record, config.facility)
    const host = headerField(this.#hostOf(record), 255)
    const app = headerField(record.attributes.get('appname') ?? record.resource['service.name'] ?? config.appname, 48)
    const process = headerField(record.attributes.get('proc_id') ?? record.resource['process.pid'], 128)
    const message = escapeMessage(this.#textOf(record), config.embedded_newlines)
    if (config.protocol === 'rfc3164')
      return this.#fit(this.#rfc3164(record, priority, host, app, process), '', message)
    const messageId = headerField(record.attributes.get('msg_id') ?? record.eventName, 32)
    const time = rfc5424Time(Number.isNaN(record.time) ? record.observedTime : record.time, record.timeRemainder)
    const header = `<${priority}>1 ${time} ${host} ${app} ${process} ${messageId}`
    return this.#fit(header, this.#structuredData(record) || '-', message)
  }

  #textOf(record: Record): string {
    const text = textOf(this.#message(record))
    // A message of syslog without text has its whole line for a body.
    const isLine = text.startsWith('<') && record.attributes.has('priority') && text === record.line
    return isLine ? '' : text
  }

  #hostOf({ attributes, resource }: Record) {
    const { config, machine } = this.#options
    const own = attributes.get('hostname') ?? attributes.get('host.name') ?? resource['host.name']
    return own ?? config.hostname ?? machine
  }

  /** Always with a tag: without one, receivers take the first word of the message for it. */
  #rfc3164(record: Record, priority: number, host: string, app: string, process: string): string {
    const seen = Number.isNaN(record.time) ? record.observedTime : record.time
    const time = this.#time.format(Number.isNaN(seen) ? this.#options.clock.now() : seen)
    const tag = app.replace(/[:[\]]/g, '_')
    const id = process === '-' ? '' : `[${process.replace(/[[\]]/g, '_')}]`
    return `<${priority}>${time} ${host.replace(/[[\]]|:$/g, '_')} ${tag}${id}:`
  }

  #structuredData(record: Record): string {
    const { sd_id: id } = this.#options.config
    const asItCame = unparsedData(record)
    let parameters = ''
    if (id !== undefined) {
      for (const [name, value] of record.attributes.entries()) {
        if (!placed.has(name)) parameters += parameter(name, value)
      }
    }
    if (asItCame !== undefined && parameters === '') return asItCame
    return structuredData(record.attributes.get('structured_data'), { id: id ?? '', parameters })
  }

  /** Cuts the message; where the data alone is too long, it goes. */
  #fit(header: string, data: string, message: string): string {
    const { config, onTruncated } = this.#options
    const max = config.max_message_size
    const text = `${header}${data === '' ? '' : ` ${data}`}${message === '' ? '' : ` ${message}`}`
    // No character has more than three bytes a unit of UTF-16.
    if (text.length * 3 <= max || Buffer.byteLength(text) <= max) return text
    onTruncated()
    const kept = Buffer.byteLength(header) + Buffer.byteLength(data) + 2 <= max ? text : `${header} - ${message}`
    return cut(kept, max)
  }
}

/** The longest beginning of a text that has no more than so many bytes and ends between characters. */
function cut(text: string, maxBytes: number): string {
  const bytes = Buffer.alloc(maxBytes)
  const { written } = new TextEncoder().encodeInto(text, bytes)
  return bytes.toString('utf8', 0, written)
}
