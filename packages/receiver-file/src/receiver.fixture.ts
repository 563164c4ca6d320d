import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Receiver } from '@weir/sdk'
import {
  CollectingOutput,
  createComponent,
  MemoryLogger,
  MemoryMeter,
  MemoryState,
  TestClock,
  testServices,
} from '@weir/sdk/testing'
import definition from './index.ts'

/** How far the clock moves while something is waited for. */
const stepMs = 20
const deadlineMs = 45_000
const isBusy = () => process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))
const canary = /^canary (\d+)$/

/** A folder with files, and a receiver that reads them; its state outlives it. */
export class Fixture {
  readonly folder: string
  readonly clock = new TestClock(Date.now())
  readonly state = new MemoryState()
  readonly logger = new MemoryLogger()
  readonly meter = new MemoryMeter()
  output = new CollectingOutput()
  #receiver: Receiver | undefined
  #canaries = 0

  constructor(folder: string) {
    this.folder = folder
  }

  static async create(): Promise<Fixture> {
    return new Fixture(await mkdtemp(join(tmpdir(), 'weir-file-')))
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, text: string | Uint8Array): Promise<void> {
    return writeFile(this.path(name), text)
  }

  append(name: string, text: string | Uint8Array): Promise<void> {
    return appendFile(this.path(name), text)
  }

  /** Every line that has come, in order, over all restarts. */
  readonly earlier: string[] = []
  get lines(): string[] {
    return [...this.earlier, ...this.output.lines.map(({ text }) => text)].filter((text) => !canary.test(text))
  }

  readonly #attributes = new Map<string, object>()

  /** What the record of a line of this run has. */
  attributesOf(text: string): object | undefined {
    return this.#attributes.get(this.output.lines.find((line) => line.text === text)?.source ?? '')
  }

  get warnings(): string[] {
    return this.logger.lines.filter(({ level }) => level === 'warn' || level === 'error').map(({ message }) => message)
  }

  async start(config: object = {}, once = false): Promise<void> {
    for (const { text } of this.output.lines) this.earlier.push(text)
    const output = new CollectingOutput()
    const { sendLines } = output
    output.sendLines = (lines) => {
      this.#attributes.set(lines.source.id, { ...lines.source.attributes })
      return sendLines.call(output, lines)
    }
    this.output = output
    await this.startInto(config, once)
  }

  async startInto(config: object, once = false): Promise<void> {
    const { clock, state, logger, meter, folder } = this
    const overrides = { run_mode: { once, isTerminal: false, baseDir: folder } }
    const services = testServices({ clock, state, logger, meter, overrides })
    this.#receiver = createComponent(definition, { include: ['*.log'], ...config }, services)
    await this.#receiver.start(this.output)
  }

  async stop(): Promise<void> {
    const receiver = this.#receiver
    this.#receiver = undefined
    await receiver?.stop()
    this.output.settleAll()
    await new Promise(setImmediate)
    await receiver?.close?.()
  }

  /** The process is gone without a word; what was saved stays. */
  async crash(): Promise<void> {
    const { state } = this
    const kept = state.keys().map((key): [string, ReturnType<MemoryState['get']>] => [key, state.get(key)])
    await this.stop()
    for (const key of state.keys()) state.set(key, null)
    for (const [key, value] of kept) state.set(key, value ?? null)
  }

  async runOnce(config: object = {}): Promise<void> {
    await this.start(config, true)
    await this.until(() => this.output.ended)
    await this.stop()
  }

  /** Lets time pass until something is so. */
  async until(condition: () => boolean): Promise<void> {
    const deadline = performance.now() + deadlineMs
    while (!condition()) {
      if (performance.now() > deadline) {
        const seen = JSON.stringify({ lines: this.lines.slice(-20), warnings: this.warnings })
        throw new Error(`it did not come about: ${condition.toString()}; ${seen.slice(0, 4000)}`)
      }
      // Time stands still while the file system is at work: a busy machine must not change what happens.
      if (isBusy()) await new Promise(setImmediate)
      else await this.clock.advance(stepMs)
    }
  }

  untilLines(count: number): Promise<void> {
    return this.until(() => this.lines.length >= count)
  }

  /** Waits until a file that is new by now has been found and read, twice: whatever was to be noticed has been. */
  async pass(): Promise<void> {
    for (let round = 0; round < 2; round++) {
      const text = `canary ${++this.#canaries}`
      const name = `canary-${this.#canaries}.log`
      await this.write(name, `${text}\n`)
      await this.until(() => this.output.lines.some((line) => line.text === text))
      await rm(this.path(name))
    }
  }

  async remove(): Promise<void> {
    await this.stop()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** `line 1\n … line n\n` */
export const numbered = (from: number, to: number, prefix = 'line'): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `${prefix} ${from + index}\n`).join('')

export const linesOf = (text: string): string[] => text.split('\n').slice(0, -1)
