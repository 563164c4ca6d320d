import {
  type AttributeValue,
  type Detector,
  type LogBatch,
  packBatch,
  type Record,
  type Report,
  transferList,
} from '@weir/sdk'
import type { IsolatedThread } from './isolated-thread.ts'
import { type Observed, receivedError } from './isolation-messages.ts'

interface Instance {
  /** What it last said that it knew. */
  known: AttributeValue | undefined
  /** Names of its methods; unknown while it does not run. */
  methods: ReadonlySet<string> | undefined
  /** Records since it last said what it knew. */
  records: number
  /** What it last said that it had learnt, in words. */
  description: string | undefined
}

/** The instances of one detector, all in one thread of their own. Each waits on the spot for its answers. */
export class IsolatedDetectors {
  readonly #thread: IsolatedThread
  readonly #instances = new Map<number, Instance>()
  #lastId = 0
  #isOver = false

  constructor(thread: IsolatedThread) {
    this.#thread = thread
    thread.instances = () => {
      // What an instance has seen since its snapshot is gone with its thread.
      for (const instance of this.#instances.values()) {
        thread.skip(instance.records)
        instance.records = 0
      }
      return [...this.#instances].map(([id, { known }]) => [id, known])
    }
  }

  /** The last instance has been stopped, and the thread with it. */
  get isOver(): boolean {
    return this.#isOver
  }

  create(): Detector {
    const id = ++this.#lastId
    const thread = this.#thread
    const instance: Instance = { known: undefined, methods: undefined, records: 0, description: undefined }
    this.#instances.set(id, instance)
    this.#add(id, instance)
    const mayHave = (method: string) => instance.methods?.has(method) ?? true
    return {
      observeBatch: (batch, report) => this.#observe(id, instance, batch, report),
      advance: (watermark, report) => {
        if (thread.isUp && mayHave('advance')) this.#report(thread.call('advance', [id, watermark]), report)
      },
      snapshot: () => {
        if (thread.isUp) {
          if (mayHave('snapshot')) instance.known = thread.call('snapshot', [id])
          instance.records = 0
        }
        return instance.known ?? null
      },
      restore: (snapshot) => {
        instance.known = snapshot
        if (thread.isUp && mayHave('restore')) thread.call('restore', [id, snapshot])
      },
      describe: () => {
        if (thread.isUp && mayHave('describe')) instance.description = thread.call('describe', [id])
        return instance.description
      },
      interrupt: () => {
        if (thread.isUp && mayHave('interrupt')) thread.call('interrupt', [id])
      },
      // Its host asks less where it is left out.
      ...(mayHave('concerns') && { concerns: (record: Record) => this.#concerns(id, record) }),
      stop: () => {
        this.#instances.delete(id)
        try {
          if (thread.isUp) thread.call('removeInstance', [id])
        } finally {
          if (this.#instances.size === 0) this.#end()
        }
      },
    }
  }

  #end(): void {
    this.#isOver = true
    void this.#thread.close()
  }

  #add(id: number, instance: Instance): void {
    try {
      if (this.#thread.isUp) instance.methods = new Set(this.#thread.call('addInstance', [id]))
    } catch {
      // It is made when it is first needed; whoever needs it then gets the error.
    }
  }

  #concerns(id: number, { batch, row }: Record): boolean {
    if (!this.#thread.isUp) return true
    const packed = packBatch(batch.select(Uint32Array.of(row)))
    return this.#thread.call('concerns', [id, packed], transferList(packed))
  }

  #observe(id: number, instance: Instance, batch: LogBatch, report: Report): void {
    const { length } = batch
    if (!this.#thread.isUp) {
      this.#thread.skip(length)
      return
    }
    instance.records += length
    const packed = packBatch(batch)
    this.#report(this.#thread.call('observe', [id, packed], transferList(packed)), report)
  }

  #report({ reports, error }: Observed, report: Report): void {
    for (const alert of reports) report(alert)
    if (error !== undefined) throw receivedError(error, this.#thread.id)
  }
}
