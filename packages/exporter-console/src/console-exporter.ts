import {
  asAlert,
  type Clock,
  type Exporter,
  type LogBatch,
  NdjsonEncoder,
  printableJson,
  type Terminal,
} from '@weir/sdk'
import { alertCard } from './alert-card.ts'
import type { ConsoleConfig } from './config.ts'
import { LineBudget } from './line-budget.ts'
import type { Palette } from './palette.ts'
import { recordLine } from './record-line.ts'

export interface ConsoleExporterOptions {
  config: ConsoleConfig
  terminal: Terminal
  clock: Clock
  palette: Palette
  /** Columns of the terminal now; undefined where lines have no end. */
  columns(): number | undefined
}

/** Shows alerts and records to whoever watches. */
export class ConsoleExporter implements Exporter {
  readonly #options: ConsoleExporterOptions
  readonly #encoder = new NdjsonEncoder()
  readonly #records: LineBudget
  readonly #alerts: LineBudget
  #lines: string[] = []
  /** A blank line stands around cards. */
  #isAfterCard = false

  constructor(options: ConsoleExporterOptions) {
    const { config, clock, palette, terminal } = options
    const budget = (what: string) =>
      new LineBudget(config.max_lines_per_second, clock, (count) => {
        this.#write()
        terminal.write(`${palette.dim(`… ${count.toLocaleString('en')} more ${what} suppressed`)}\n`)
      })
    this.#options = options
    this.#records = budget('records')
    this.#alerts = budget('alerts')
  }

  async export(batch: LogBatch): Promise<void> {
    if (this.#options.config.format === 'json') {
      for (const piece of this.#encoder.encode(batch)) this.#options.terminal.write(printableJson(piece.toString()))
      return
    }
    const { config, palette } = this.#options
    const columns = this.#options.columns() ?? Number.POSITIVE_INFINITY
    const hasEvents = batch.layout.field('eventName') >= 0
    batch.forEach((record) => {
      const alert = hasEvents ? asAlert(record) : undefined
      if (alert !== undefined) {
        if (!this.#alerts.mayWrite()) return
        const card = alertCard(alert, { palette, columns, maxSamples: config.max_samples })
        this.#lines.push('', ...card)
        this.#isAfterCard = true
        this.#alerts.spend(card.length + 1)
      } else if (this.#records.mayWrite()) {
        if (this.#isAfterCard) this.#lines.push('')
        this.#isAfterCard = false
        this.#lines.push(recordLine(record, palette, columns))
        this.#records.spend(1)
      }
    })
    this.#write()
  }

  flush(): void {
    this.#records.flush()
    this.#alerts.flush()
  }

  stop(): void {
    this.flush()
  }

  #write(): void {
    if (this.#lines.length === 0) return
    this.#options.terminal.write(`${this.#lines.join('\n')}\n`)
    this.#lines = []
  }
}
