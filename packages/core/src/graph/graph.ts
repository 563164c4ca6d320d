import type { Extension, Receiver } from '@weir/sdk'
import type { ThreadGroup } from '@weir/workers'
import type { Checkpoints } from '../checkpoint/checkpoints.ts'
import type { HeldState } from '../checkpoint/held-state.ts'
import type { ExporterStage } from '../stages/exporter-stage.ts'
import type { PipelineStage, ProcessorNode } from '../stages/pipeline-stage.ts'
import type { ReceiverStage } from '../stages/receiver-stage.ts'
import type { Kept } from './kept.ts'

/** What runs: everything made, nothing started. */
export interface Graph {
  readonly extensions: readonly { id: string; extension: Extension }[]
  readonly exporters: readonly ExporterStage[]
  /** Upstream first. */
  readonly pipelines: readonly PipelineStage[]
  readonly receivers: readonly { stage: ReceiverStage; receiver: Receiver; ends: boolean }[]
  /** One of each group of pipelines in which something remembers what it has seen. */
  readonly checkpoints: readonly { pipelines: readonly string[]; checkpoints: Checkpoints }[]
  /** Pipelines and exporters in the order in which they stop: a connector after all that it takes from, before all that it feeds. */
  readonly consumers: readonly (PipelineStage | ExporterStage)[]
  /** The threads of isolated components, by the component that they serve. */
  readonly threads: ReadonlyMap<string, ThreadGroup>
}

/** What goes on of a graph that ran before. */
export interface Predecessor {
  /** With nothing in it that has stopped. */
  readonly graph: Graph
  readonly kept: Kept
  /** Processors that go on although their pipeline has stopped, by `processorKey`. */
  readonly processors: ReadonlyMap<string, ProcessorNode>
  /** Settles when the checkpoints of the pipelines that have stopped are stored, or cannot be. */
  readonly handedOver: Promise<unknown>
  /** The states that these cover. */
  readonly states: readonly HeldState[]
}
