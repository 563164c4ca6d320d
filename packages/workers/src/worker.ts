import 'reflect-metadata'
import { registerPluginHooks } from '@weir/plugins'
import { type PackedBatch, type Parser, type Processor, packBatch, transferList, unpackBatch } from '@weir/sdk'
import { kTransferable, kValue, Tinypool } from 'tinypool'
import { parsePacked } from './packed-parsing.ts'
import { contextOf, importDefinition, type RevisedComponent, type WorkerComponent } from './worker-component.ts'
import { workerTokens } from './worker-tokens.ts'

export interface ParseTask {
  readonly component: RevisedComponent
  readonly bytes: Uint8Array
}

export interface ProcessTask {
  readonly component: RevisedComponent
  readonly batch: PackedBatch
}

registerPluginHooks()

const made = new Map<string, { readonly revision: string; readonly instance: Promise<unknown> }>()

/** Parses lines to packed batches. */
export async function parse({ component, bytes }: ParseTask): Promise<unknown> {
  return moved(parsePacked((await instanceOf(component)) as Parser, bytes))
}

/** Lets one batch through a processor. */
export async function process({ component, batch }: ProcessTask): Promise<unknown> {
  const processor = (await instanceOf(component)) as Processor
  const result = await processor.process(unpackBatch(batch))
  return moved(result === null ? [] : [packBatch(result)])
}

/** The batches with their buffers moved to the caller. */
const moved = (batches: PackedBatch[]): unknown =>
  Tinypool.move({
    [kTransferable]: batches.flatMap(transferList),
    [kValue]: batches,
  })

function instanceOf(component: RevisedComponent): Promise<unknown> {
  const { key, revision } = component
  const known = made.get(key)
  if (known?.revision === revision) return known.instance
  const instance = create(component)
  made.set(key, { revision, instance })
  return instance
}

async function create(component: WorkerComponent): Promise<unknown> {
  const definition = await importDefinition(component)
  return definition.create(contextOf(definition, workerTokens, component.config))
}
