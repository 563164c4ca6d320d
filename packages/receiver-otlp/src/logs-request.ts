import { type AttributeMap, type LogBatch, type Scope, textOf } from '@weir/sdk'
import type { Programs } from './attribute-keys.ts'

/** The records of a request, and what became of them. */
export interface LogsRequest {
  /** The batches, one after the other, each made when it is asked for: of one resource and scope. */
  batches(): Iterable<LogBatch>
  /** Records that are in no batch, known when all batches have been made. */
  readonly rejected: number
}

/** What every batch of a request gets. */
export interface Arrival {
  /** Identity of the receiver, which the source of a batch begins with. */
  readonly componentId: string
  /** When the request came, Unix epoch in milliseconds. */
  readonly time: number
  readonly programs: Programs
}

/** Records in one batch. */
export const maxRows = 4096
/** Attributes of one record; a record with more is rejected, so that no sender can make columns without end. */
export const maxAttributes = 1024

export const tooManyAttributes = `records with more than ${maxAttributes} attributes were rejected`

/** Watermarks are kept by source: an instance of a service logs in order, several do not. */
export function sourceOf(componentId: string, resource: AttributeMap): string {
  const names = ['service.namespace', 'service.name', 'service.instance.id', 'host.name']
  const known = names.flatMap((name) => (resource[name] === undefined ? [] : [textOf(resource[name])]))
  return [componentId, ...known].join('/')
}

/** A scope that says something, else undefined. */
export function scopeOf(name: string, version: string, attributes: AttributeMap): Scope | undefined {
  const isSpoken = Object.keys(attributes).length > 0
  if (name === '' && version === '' && !isSpoken) return undefined
  return { name, ...(version === '' ? {} : { version }), ...(isSpoken ? { attributes } : {}) }
}

/** The program whose attributes are alike. */
export const programOf = (resource: AttributeMap, scope: Scope | undefined): string =>
  `${textOf(resource['service.name'])}\n${scope?.name ?? ''}`

/** A severity number as OpenTelemetry knows it; 0 for all others. */
export const knownSeverity = (number: number): number => (number >= 1 && number <= 24 ? number : 0)
