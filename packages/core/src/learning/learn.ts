import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { WeirConfig } from '@weir/config'
import { Registry } from '@weir/plugins'
import { type AttributeValue, messageOf, WeirError } from '@weir/sdk'
import { fileName, StateInspector } from '@weir/state'
import { Collector } from '../collector.ts'
import { feeding, type Outputs, silent } from '../graph/stand-in.ts'
import type { Prepared } from '../prepare.ts'
import { feedHistory } from './history-file.ts'

export interface LearnOptions {
  /** Log files, the oldest first. */
  readonly files: readonly string[]
  /** Receiver whose parser reads them, and whose pipelines learn; not needed if there is one that reads lines. */
  readonly receiver?: string | undefined
  /** Replace what the detectors know already. */
  readonly force?: boolean | undefined
  /** Told before a file is read. */
  readonly onFile?: ((path: string) => void) | undefined
}

/** What the detectors of a processor have learnt. */
export interface Learnt {
  /** Id of the processor and its pipeline: `anomaly@logs`. */
  readonly processor: string
  readonly detectors: readonly { readonly id: string; readonly lines: readonly string[] }[]
}

export interface LearnReport {
  readonly records: number
  readonly learnt: readonly Learnt[]
}

type Runnable = Required<Pick<Prepared, 'config' | 'plan' | 'registry'>>

/**
 * Runs the pipelines of a config over history, with nothing at their ends, and leaves what the detectors have learnt in the
 * state directory, in place of what they knew: only if that is wanted. Positions of sources and queues stay as they are.
 * @throws WeirError `WEIR_CONFIG_INVALID`, `WEIR_LEARN_RECEIVER`, `WEIR_LEARN_STATE`, `WEIR_LEARN_KNOWN`, `WEIR_LEARN_FILE`
 */
export async function learn(
  prepared: Prepared,
  { files, receiver, force, onFile }: LearnOptions,
): Promise<LearnReport> {
  const { config, plan, registry } = prepared
  if (config === undefined || plan === undefined) {
    throw new WeirError('the config is not valid', { code: 'WEIR_CONFIG_INVALID', hint: 'see weir validate' })
  }
  const { state_dir: stateDir } = config.service
  if (stateDir === 'memory') {
    throw new WeirError('with state_dir: memory nothing that is learnt is kept', {
      code: 'WEIR_LEARN_STATE',
      hint: 'set service.state_dir to a folder',
    })
  }
  const id = receiverOf({ config, plan, registry }, receiver)
  if (force !== true) await refuseToReplace(stateDir)
  const outputs: Outputs = new Map()
  const collector = new Collector(learningGraph({ config, plan, registry }, outputs), {
    ...{ once: true, learning: true, isTerminal: false, logLevel: 'warn' },
    terminal: { write() {} },
  })
  try {
    await collector.start()
    const output = outputs.get(id)
    if (output === undefined) throw new TypeError('the receiver has not started')
    for (const path of files) {
      onFile?.(path)
      await feedHistory(resolve(path), output).catch((error: unknown) => {
        throw new WeirError(`${path} cannot be read: ${messageOf(error)}`, { code: 'WEIR_LEARN_FILE' })
      })
    }
    for (const one of outputs.values()) one.end()
    await collector.ended()
  } finally {
    await collector.stop()
  }
  const records = collector.telemetry.total('weir_receiver_accepted_log_records')
  return { records, learnt: await learntIn(stateDir) }
}

function receiverOf({ plan, registry }: Runnable, wanted: string | undefined): string {
  const receivers = new Set(plan.pipelines.flatMap((pipeline) => pipeline.receivers))
  const ids = [...receivers].filter(({ type }) => registry.find('receiver', type)?.definition.reads === 'lines')
  const known = ids.map(({ id }) => id)
  const [only, ...others] = wanted === undefined ? known : known.filter((id) => id === wanted)
  if (only !== undefined && others.length === 0) return only
  const what =
    wanted !== undefined
      ? `no pipeline has a receiver of lines ${JSON.stringify(wanted)}`
      : known.length === 0
        ? 'no pipeline has a receiver of lines'
        : 'several receivers could read the files'
  const hint =
    known.length === 0 ? 'name one under receivers, such as file' : `say which: --receiver ${known.join(' or ')}`
  throw new WeirError(what, { code: 'WEIR_LEARN_RECEIVER', hint })
}

/** The pipelines with nothing at their ends: receivers only hand over their outputs, exporters deliver nothing. */
function learningGraph({ config, plan, registry }: Runnable, outputs: Outputs): Prepared {
  const standIns = new Registry()
  for (const { definition, packageName, version, entry } of registry.all()) {
    const { kind } = definition
    const standIn =
      kind === 'receiver' ? feeding(definition, outputs) : kind === 'exporter' ? silent(definition) : definition
    standIns.add(standIn, { packageName, version, entry })
  }
  const pipelines = plan.pipelines.map((pipeline) => ({ ...pipeline, exporters: pipeline.exporters.map(inMemory) }))
  return {
    ...{ config: quiet(config), plan: { extensions: [], pipelines }, registry: standIns },
    ...{ diagnostics: [], pluginProblems: [], watched: [] },
  }
}

/** A queue on disk must not be touched: what waits in it is for the real exporter. */
const inMemory = <Exporter extends { readonly kind: string; readonly resolved: { readonly [key: string]: unknown } }>(
  exporter: Exporter,
): Exporter => {
  const { sending_queue: queue, ...resolved } = exporter.resolved
  return { ...exporter, resolved: { ...resolved, sending_queue: { ...Object(queue), storage: 'memory' } } }
}

const quiet = (config: WeirConfig): WeirConfig => ({
  ...config,
  service: {
    ...config.service,
    control: { enabled: false },
    telemetry: { ...config.service.telemetry, metrics: {} },
  },
})

/** Days of learning are not given up for a look at one file. */
async function refuseToReplace(stateDir: string): Promise<void> {
  if (!existsSync(join(stateDir, fileName))) return
  const known = (await learntIn(stateDir)).filter(({ detectors }) => detectors.some(({ lines }) => lines.length > 0))
  const [first] = known
  if (first === undefined) return
  const processors = known.map(({ processor }) => processor).join(', ')
  throw new WeirError(`the detectors of ${processors} have learnt already, and would forget it`, {
    code: 'WEIR_LEARN_KNOWN',
    hint: `weir state show ${first.processor.replace(/@.*/, '')} learnt shows what they know; weir learn --force replaces it`,
  })
}

async function learntIn(stateDir: string): Promise<Learnt[]> {
  const state = await StateInspector.open(stateDir, 'read')
  try {
    const entries = state
      .entries()
      .filter(({ namespace, key }) => key === 'learnt' && namespace.startsWith('processor/'))
    return entries.map((entry) => ({
      processor: entry.namespace.replace('processor/', ''),
      detectors: Object.entries(mapOf(state.value(entry))).map(([id, lines]) => ({
        id,
        lines: Array.isArray(lines) ? lines.map(String) : [],
      })),
    }))
  } finally {
    state.close()
  }
}

const mapOf = (value: AttributeValue): { readonly [key: string]: AttributeValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
