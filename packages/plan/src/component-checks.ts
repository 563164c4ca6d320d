import { softLimitOf } from '@weir/config'
import { Detectors } from '@weir/sdk'
import { cannotIsolate, tokensBeyondIsolation } from '@weir/workers'
import { deadLetterOf, undertakers } from './dead-letter-targets.ts'
import type { Survey } from './survey.ts'

/** Whether components can do what their keys ask for, and whether they are used. */
export function checkComponents(survey: Survey): void {
  checkIsolation(survey)
  checkDeadLetters(survey)
  checkMemory(survey)
  checkQueues(survey)
  checkUse(survey)
}

/** What runs in a thread of its own must do without the services that stay here. */
function checkIsolation(survey: Survey): void {
  for (const kind of ['parser', 'processor', 'detector'] as const) {
    for (const component of survey.config.components.get(kind)?.values() ?? []) {
      if (component.resolved.isolation !== 'worker') continue
      const [beyond] = tokensBeyondIsolation(survey.definition(component)?.inject)
      if (beyond === undefined) continue
      const path = [...component.path, 'isolation']
      const hosts = Object.values(survey.definition(component)?.inject ?? {}).some(
        ({ name }) => name === Detectors.name,
      )
      const hint = hosts ? 'write isolation: worker at its entries under detectors' : 'set isolation: none'
      survey.error('WEIR_ISOLATION_TOKEN', path, cannotIsolate(component.id, beyond), hint)
    }
  }
}

/** A queue on disk needs a state directory. */
function checkQueues(survey: Survey): void {
  if (survey.config.service.state_dir !== 'memory') return
  for (const component of survey.used) {
    const queue = Object(component.resolved.sending_queue)
    const key = queue.storage === 'disk' ? 'storage' : queue.policy === 'spill' ? 'policy' : undefined
    if (key === undefined) continue
    survey.error(
      'WEIR_QUEUE_STATE',
      [...component.path, 'sending_queue', key],
      `${component.id} keeps its queue on disk, but service.state_dir is memory`,
      `set service.state_dir to a folder, or ${key === 'storage' ? 'storage: memory' : 'policy: block'}`,
    )
  }
}

function checkMemory(survey: Survey): void {
  const { memory_limit: limit } = survey.config.service
  if (limit === undefined || softLimitOf(limit) < limit.hard) return
  survey.error(
    'WEIR_MEMORY_SOFT',
    ['service', 'memory_limit', 'soft'],
    'memory_limit.soft is not below hard',
    'lower soft, or leave it out',
  )
}

/** Dead letters that were asked for must have somewhere to go. */
function checkDeadLetters(survey: Survey): void {
  for (const component of undertakers(survey.config)) {
    const { pipeline, path } = deadLetterOf(component) ?? {}
    if (pipeline !== undefined || path !== undefined) continue
    const key = ['on_parse_error', 'max_log_size_behavior', 'dead_letter'].find((name) =>
      name === 'dead_letter' ? name in component.resolved : component.resolved[name] === 'dead_letter',
    )
    if (key === undefined) continue
    survey.error(
      'WEIR_DEAD_LETTER_TARGET',
      [...component.path, key],
      `${component.id} has dead letters that go nowhere`,
      'set dead_letter: { pipeline: logs/dead } or dead_letter: { path: dead.ndjson }',
    )
  }
}

function checkUse(survey: Survey): void {
  for (const kind of ['receiver', 'parser', 'processor', 'detector', 'exporter', 'connector'] as const) {
    for (const component of survey.config.components.get(kind)?.values() ?? []) {
      if (!survey.used.has(component)) {
        survey.warning(
          'WEIR_GRAPH_UNUSED',
          component.path,
          `${component.id} is defined but not used`,
          kind === 'parser' || kind === 'detector' ? undefined : 'name it in a pipeline, or remove it',
        )
      }
    }
  }
}
