import { bareProblem, type ComponentConfig, type ConfigPath } from '@weir/config'
import { nearest, sections } from '@weir/sdk'
import { deadLetterTargets } from './dead-letter-targets.ts'
import { type FoundReference, pipelineReferences, references } from './references.ts'
import type { Survey } from './survey.ts'

/** Ids of parsers, detectors and authenticators that other components name. */
export function checkReferences(survey: Survey): void {
  for (const components of survey.config.components.values()) {
    for (const component of components.values()) {
      const type = survey.registry.find(component.kind, component.type)
      for (const { id, path, ...named } of references(type?.schema, component.resolved)) {
        const known = namesFor(survey, named)
        const found = survey.config.components.get(named.kind)?.get(id)
        if (found !== undefined) survey.used.add(found)
        if (known.includes(id)) {
          if (found === undefined) checkBare(survey, named, id, [...component.path, ...path])
          continue
        }
        const near = nearest(id, known)
        const others = known.length === 0 ? '' : `use one of ${known.join(', ')}`
        const define = found === undefined ? `define it under ${sections[named.kind]}` : ''
        const hint = near === undefined ? [define, others].filter(Boolean).join(', or ') : `did you mean "${near}"?`
        const fault = found === undefined ? 'is not defined' : 'authenticates no one'
        survey.error(
          'WEIR_GRAPH_UNDEFINED',
          [...component.path, ...path],
          `${component.id} names the ${named.role} ${JSON.stringify(id)}, which ${fault}`,
          hint,
        )
      }
    }
  }
  for (const connector of survey.config.components.get('connector')?.values() ?? []) {
    const schema = survey.registry.find('connector', connector.type)?.schema
    for (const { id, path } of pipelineReferences(schema, connector.resolved))
      checkPipelineReference(survey, connector, id, [...connector.path, ...path])
  }
  for (const { target, component } of deadLetterTargets(survey.config)) {
    const pipeline = survey.config.pipelines.get(target)
    const path = [...component.path, 'dead_letter', 'pipeline']
    if (pipeline === undefined) {
      const near = nearest(target, [...survey.config.pipelines.keys()])
      survey.error(
        'WEIR_GRAPH_UNDEFINED',
        path,
        `${component.id} names the pipeline ${JSON.stringify(target)}, which is not defined`,
        near === undefined ? 'define it under service.pipelines' : `did you mean "${near}"?`,
      )
    } else if (pipeline.signal !== 'logs') {
      survey.error(
        'WEIR_GRAPH_SIGNAL',
        path,
        `dead letters are logs, but pipeline ${target} carries ${pipeline.signal}`,
        'name a logs pipeline',
      )
    }
  }
}

/** An installed type may be named without a config, if it needs none. */
function checkBare(
  survey: Survey,
  { kind, role }: Pick<FoundReference, 'kind' | 'role'>,
  id: string,
  path: ConfigPath,
): void {
  const type = survey.registry.find(kind, id)
  const problem = type && bareProblem(type)
  if (problem === undefined) return
  const hint = `define it under ${sections[kind]}: { ${id}: { … } }`
  survey.error('WEIR_GRAPH_UNDEFINED', path, `the ${role} ${id} needs a config: ${problem.message}`, hint)
}

/** The ids that a reference may be: of extensions those that authenticate, of others what is configured or installed. */
function namesFor(survey: Survey, { kind, role }: Pick<FoundReference, 'kind' | 'role'>): string[] {
  const configured = [...(survey.config.components.get(kind)?.values() ?? [])]
  if (role !== 'authenticator') return [...configured.map(({ id }) => id), ...survey.registry.types(kind)]
  return configured.filter((one) => survey.definition(one)?.authenticates === true).map(({ id }) => id)
}

/** A pipeline that a connector names must receive from it. */
function checkPipelineReference(
  survey: Survey,
  component: ComponentConfig,
  name: string,
  path: (string | number)[],
): void {
  const pipeline = survey.config.pipelines.get(name)
  if (pipeline?.receivers.includes(component.id) === true) return
  const near = nearest(name, [...survey.config.pipelines.keys()])
  const add = `list ${component.id} under the receivers of service.pipelines.${name}`
  if (pipeline !== undefined) {
    const message = `${component.id} names the pipeline ${name}, which does not receive from it`
    survey.error('WEIR_GRAPH_NOT_RECEIVING', path, message, add)
  } else {
    const message = `${component.id} names the pipeline ${JSON.stringify(name)}, which is not defined`
    survey.error('WEIR_GRAPH_UNDEFINED', path, message, near === undefined ? add : `did you mean "${near}"?`)
  }
}
