import type { ComponentConfig, WeirConfig } from '@weir/config'
import { feeding, type Outputs, type Prepared, silent } from '@weir/core'
import type { Plan } from '@weir/plan'
import { Registry } from '@weir/plugins'
import { type Definition, defineReceiver } from '@weir/sdk'
import type { Entry, PlannedTest } from './planned-test.ts'

type Runnable = Required<Pick<Prepared, 'config' | 'plan' | 'registry'>>

const entryType = 'weir_test_entry'

/** The id of the receiver through which records enter a pipeline. */
export const entryId = ({ pipeline }: Entry): string => `${entryType}/${pipeline}`

/**
 * The pipelines of a config as a test runs them: its own receivers and exporters are replaced, state is in memory, and an
 * exception in a processor ends the test. Parsing, processors, detectors and connectors are the real ones.
 */
export function testGraph({ config, plan, registry }: Runnable, test: PlannedTest, outputs: Outputs): Prepared {
  return {
    config: testConfig(config),
    plan: testPlan(plan, test),
    registry: standIns(registry, outputs),
    diagnostics: [],
    pluginProblems: [],
    watched: [],
  }
}

const testConfig = (config: WeirConfig): WeirConfig => ({
  ...config,
  service: {
    ...config.service,
    state_dir: 'memory',
    workers: 0,
    on_error: 'stop',
    control: { enabled: false },
    telemetry: { ...config.service.telemetry, metrics: {} },
  },
})

function testPlan({ pipelines }: Plan, { inputs }: PlannedTest): Plan {
  const entries = new Map(inputs.flatMap((input) => ('entry' in input ? [[input.entry.pipeline, input.entry]] : [])))
  const exporters = new Map(
    pipelines.flatMap((pipeline) => pipeline.exporters).map((exporter) => [exporter, unbatched(exporter)]),
  )
  return {
    extensions: [],
    pipelines: pipelines.map((pipeline) => {
      const entry = entries.get(pipeline.name)
      return {
        ...pipeline,
        receivers: entry === undefined ? pipeline.receivers : [...pipeline.receivers, entryReceiver(entry)],
        processors: pipeline.processors.slice(entry?.processorIndex ?? 0),
        exporters: pipeline.exporters.map((exporter) => exporters.get(exporter) ?? exporter),
      }
    }),
  }
}

const entryReceiver = (entry: Entry): ComponentConfig => ({
  kind: 'receiver',
  type: entryType,
  id: entryId(entry),
  raw: {},
  resolved: {},
  path: [],
})

/** Records come to an exporter at once, and none is dropped: the clock of a test does not move. */
function unbatched(exporter: ComponentConfig): ComponentConfig {
  if (exporter.kind !== 'exporter') return exporter
  const { batch: _, sending_queue: queue, ...resolved } = exporter.resolved
  return {
    ...exporter,
    resolved: { ...resolved, sending_queue: { ...Object(queue), policy: 'block', storage: 'memory' } },
  }
}

function standIns(registry: Registry, outputs: Outputs): Registry {
  const result = new Registry()
  for (const { definition, packageName, version, entry } of registry.all())
    result.add(standIn(definition, outputs), { packageName, version, entry })
  const own = { packageName: '@weir/pipeline-test', version: '', entry: '' }
  result.add(feeding(defineReceiver({ type: entryType, create: () => ({ start() {}, stop() {} }) }), outputs), own)
  return result
}

function standIn(definition: Definition, outputs: Outputs): Definition {
  if (definition.kind === 'receiver') return feeding(definition, outputs)
  if (definition.kind === 'exporter') return silent(definition)
  return definition
}
