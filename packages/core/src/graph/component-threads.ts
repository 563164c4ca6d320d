import type { Plan } from '@weir/plan'
import { type ThreadGroup, WorkerPool } from '@weir/workers'
import { inject, injectable } from 'tsyringe'
import { processorKey } from './fingerprints.ts'
import type { Graph } from './graph.ts'

/** The threads of what is made for a graph, by component: those of a processor by its `processorKey`, else by kind and id. */
@injectable()
export class ComponentThreads {
  readonly #threads = new Map<string, ThreadGroup>()

  constructor(@inject(WorkerPool) private readonly workers: WorkerPool) {}

  of(owner: string): ThreadGroup {
    let threads = this.#threads.get(owner)
    if (threads === undefined) {
      threads = this.workers.group()
      this.#threads.set(owner, threads)
    }
    return threads
  }

  /** All that a plan has, with those of what goes on. */
  all({ pipelines, extensions }: Plan, former: Graph['threads'] | undefined): Graph['threads'] {
    const processors = pipelines.flatMap(({ name, processors: all }) => all.map(({ id }) => processorKey(id, name)))
    const others = [...extensions, ...pipelines.flatMap(({ receivers, exporters }) => [...receivers, ...exporters])]
    const owners = [...processors, ...others.map(({ kind, id }) => `${kind}/${id}`)]
    return new Map(
      owners.flatMap((owner) => {
        const threads = this.#threads.get(owner) ?? former?.get(owner)
        return threads === undefined ? [] : [[owner, threads]]
      }),
    )
  }
}
