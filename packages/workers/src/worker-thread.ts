import { extname } from 'node:path'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { IsolationLimits } from '@weir/config'
import { type Clock, formatDuration, messageOf, type RunMode, type Timer, WeirError } from '@weir/sdk'
import {
  type FailureReason,
  type IsolatedBirth,
  type Message,
  type MethodName,
  type Methods,
  type Note,
  type Request,
  receivedError,
  tooLarge,
} from './isolation-messages.ts'
import type { WorkerComponent } from './worker-component.ts'

export interface WorkerThreadOptions {
  readonly component: WorkerComponent
  readonly id: string
  readonly limits: IsolationLimits
  readonly clock: Clock
  readonly runMode: RunMode
  onNote(note: Note): void
  /** It has gone without having been closed. */
  onEnd(reason: FailureReason, error: string): void
}

interface Waiting {
  readonly id: number
  readonly budgetMs: number
  settle(outcome: Outcome): void
}

type Outcome = { readonly result: unknown } | { readonly error: Error }

/**
 * One life of a component's thread. A call waits on the spot, by `Atomics.wait`, for those whose
 * interface is synchronous; a request does not. Either way the thread is stopped when it does not answer in time.
 */
export class WorkerThread {
  readonly #options: WorkerThreadOptions
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #signal = new Int32Array(new SharedArrayBuffer(4))
  /** Whoever waits for an answer, first come first. */
  readonly #waiting: Waiting[] = []
  #lastId = 0
  #timer: Timer | undefined
  #watched: Waiting | undefined
  #failure: { reason: FailureReason; error: string } | undefined
  #isClosed = false

  constructor(options: WorkerThreadOptions) {
    this.#options = options
    const { component, id, limits, runMode } = options
    const { port1, port2 } = new MessageChannel()
    const birth: IsolatedBirth = {
      ...{ port: port2, signal: this.#signal, component, id },
      ...{ runMode: { ...runMode }, memoryLimit: limits.memory_limit },
    }
    this.#worker = new Worker(new URL(`./isolated-worker${extname(import.meta.url)}`, import.meta.url), {
      workerData: birth,
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: Math.max(1, limits.memory_limit / 2 ** 20) },
    })
    this.#port = port1
    port1.on('message', (message: Message) => this.#take(message))
    this.#worker.on('error', (error) => this.#uncaught(error))
    this.#worker.on('exit', (code) => this.#ended(code))
  }

  get isAlive(): boolean {
    return this.#failure === undefined && !this.#isClosed
  }

  /** @throws WeirError `WEIR_ISOLATION_STOPPED`, or what the component threw */
  request<Name extends MethodName>(
    method: Name,
    args: Parameters<Methods[Name]>,
    budgetMs: number,
    moved: ArrayBuffer[] = [],
  ): Promise<Awaited<ReturnType<Methods[Name]>>> {
    const answer = Promise.withResolvers<Awaited<ReturnType<Methods[Name]>>>()
    const settle = (outcome: Outcome) =>
      'error' in outcome
        ? answer.reject(outcome.error)
        : // The other side answers by the same interface.
          answer.resolve(outcome.result as Awaited<ReturnType<Methods[Name]>>)
    this.#post(method, args, budgetMs, settle, moved)
    this.#watch()
    return answer.promise
  }

  /** The same, waiting on the spot. */
  call<Name extends MethodName>(
    method: Name,
    args: Parameters<Methods[Name]>,
    budgetMs: number,
    moved: ArrayBuffer[] = [],
  ): Awaited<ReturnType<Methods[Name]>> {
    const answer: { outcome?: Outcome } = {}
    const deadline = performance.now() + this.#waiting.reduce((sum, ahead) => sum + ahead.budgetMs, budgetMs)
    const settle = (outcome: Outcome) => {
      answer.outcome = outcome
    }
    this.#post(method, args, budgetMs, settle, moved)
    for (;;) {
      const seen = Atomics.load(this.#signal, 0)
      this.#drain()
      if (answer.outcome !== undefined) break
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) this.fail('time_budget', tooSlow(budgetMs))
      else Atomics.wait(this.#signal, 0, seen, leftMs)
    }
    this.#watch()
    if ('error' in answer.outcome) throw answer.outcome.error
    return answer.outcome.result as Awaited<ReturnType<Methods[Name]>>
  }

  /** Tells the component that it must stop at once. */
  abort(): void {
    const request: Request = { id: 0, method: 'abort', args: [] }
    if (this.isAlive) this.#port.postMessage(request)
  }

  /** Stops it. Whoever waits for an answer gets an error. */
  fail(reason: FailureReason, error: string): void {
    if (this.#failure !== undefined) return
    this.#failure = { reason, error }
    this.#giveUp()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#giveUp()
    await this.#worker.terminate()
    this.#port.close()
  }

  #giveUp(): void {
    this.#timer?.cancel()
    for (const { settle } of this.#waiting.splice(0)) settle({ error: this.#stopped() })
    void this.#worker.terminate()
  }

  #stopped(): WeirError {
    const { id } = this.#options
    const why = this.#failure?.error ?? 'it is not needed any more'
    return new WeirError(`${id} was stopped: ${why}`, { code: 'WEIR_ISOLATION_STOPPED', component: id })
  }

  #post(
    method: MethodName,
    args: readonly unknown[],
    budgetMs: number,
    settle: (outcome: Outcome) => void,
    moved: ArrayBuffer[],
  ): void {
    if (!this.isAlive) {
      settle({ error: this.#stopped() })
      return
    }
    const id = ++this.#lastId
    const request: Request = { id, method, args }
    this.#port.postMessage(request, moved)
    this.#waiting.push({ id, budgetMs, settle })
  }

  /** Sees to it that whoever waits longest gets an answer in time. */
  #watch(): void {
    const [first] = this.#waiting
    if (first === this.#watched) return
    this.#watched = first
    this.#timer?.cancel()
    if (first === undefined) return
    this.#timer = this.#options.clock.after(first.budgetMs, () => {
      // The answer may be here already, and only this thread was too busy to take it.
      this.#drain()
      if (this.#waiting[0] === first) this.fail('time_budget', tooSlow(first.budgetMs))
    })
  }

  #drain(): void {
    for (;;) {
      const received: { message: Message } | undefined = receiveMessageOnPort(this.#port)
      if (received === undefined) return
      this.#take(received.message)
    }
  }

  #take(message: Message): void {
    if (message.is === 'result') this.#answer(message.id, { result: message.result })
    else if (message.is === 'error') this.#answer(message.id, { error: receivedError(message.error, this.#options.id) })
    else if (message.is === 'ending') this.fail(message.reason, message.error)
    else this.#options.onNote(message)
  }

  #answer(id: number, outcome: Outcome): void {
    const at = this.#waiting.findIndex((waiting) => waiting.id === id)
    for (const { settle } of at < 0 ? [] : this.#waiting.splice(at, 1)) settle(outcome)
    this.#watch()
  }

  #uncaught(error: unknown): void {
    const isMemory = error instanceof Error && Reflect.get(error, 'code') === 'ERR_WORKER_OUT_OF_MEMORY'
    const reason = isMemory ? 'memory_limit' : 'exception'
    const why = isMemory ? tooLarge(this.#options.limits.memory_limit) : messageOf(error)
    this.fail(reason, why)
    // Who waited on the spot could not hear of it and has taken it for slow.
    if (isMemory) this.#failure = { reason, error: why }
  }

  #ended(code: number): void {
    // Its last words may still be on their way.
    this.#drain()
    this.fail('exit', `it ended its thread (exit code ${code})`)
    this.#port.close()
    if (this.#failure !== undefined && !this.#isClosed) this.#options.onEnd(this.#failure.reason, this.#failure.error)
  }
}

const tooSlow = (budgetMs: number): string => `it did not answer within ${formatDuration(budgetMs)}`
