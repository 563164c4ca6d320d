import 'reflect-metadata'
import { Buffer } from 'node:buffer'
import { Layout, LogBatch, type Parser, type Processor } from '@weir/sdk'
import { kTransferable, kValue, Tinypool } from 'tinypool'
import { registerPluginHooks } from '../plugins/plugin-modules.ts'
import { parseLines } from '../stages/line-parsing.ts'
import { type PackedBatch, packBatch, transferList, unpackBatch } from './packed-batch.ts'
import { contextOf, importDefinition, type WorkerComponent } from './worker-component.ts'
import { workerTokens } from './worker-tokens.ts'

export interface ParseTask {
  readonly component: WorkerComponent
  readonly bytes: Uint8Array
}

export interface ProcessTask {
  readonly component: WorkerComponent
  readonly batch: PackedBatch
}

registerPluginHooks()

const instances = new Map<string, Promise<unknown>>()
const layout = new Layout()
const scratch = new LogBatch({ layout })

/** Parses lines: one packed batch after the other until the end of the bytes. */
export async function parse({ component, bytes }: ParseTask): Promise<unknown> {
  const parser = (await instanceOf(component)) as Parser
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const batches: PackedBatch[] = []
  for (let at = 0; at < buffer.length; ) {
    scratch.reset(layout.isCrowded ? { layout: new Layout() } : {})
    scratch.bytes = buffer
    at = parseLines(parser, buffer, at, buffer.length, scratch, undefined, true)
    if (scratch.rowCount > 0) batches.push(packBatch(scratch))
  }
  return moved(batches)
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

function instanceOf(component: WorkerComponent): Promise<unknown> {
  let instance = instances.get(component.key)
  if (instance === undefined) {
    instance = create(component)
    instances.set(component.key, instance)
  }
  return instance
}

async function create(component: WorkerComponent): Promise<unknown> {
  const definition = await importDefinition(component)
  return definition.create(contextOf(definition, workerTokens, component.config))
}
