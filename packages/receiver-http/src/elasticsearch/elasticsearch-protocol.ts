import { type HttpAnswer, HttpProblem, type HttpRequest } from '@weir/http-server'
import type { Intake } from '../intake.ts'
import { faultOf } from '../lines/json-lines.ts'
import type { Protocol } from '../protocol.ts'
import { bulkAnswer } from './bulk-answer.ts'
import { readBulk } from './bulk-body.ts'
import { probeAnswer, productHeaders } from './probes.ts'

const bulk = /^\/(?:([^/]+)\/(?:[^/]+\/)?)?_bulk\/?$/
const document = /^\/([^/]+)\/_(?:doc|create)(?:\/([^/]+))?\/?$/

const errorTypes: { readonly [status: number]: string } = {
  400: 'illegal_argument_exception',
  401: 'security_exception',
  413: 'content_too_long_exception',
  429: 'es_rejected_execution_exception',
}

/** The part of Elasticsearch's API by which shippers write: bulk requests, single documents, and what they ask before. */
export class ElasticsearchProtocol implements Protocol {
  readonly #version: string

  constructor(version: string) {
    this.#version = version
  }

  owns({ method, path }: HttpRequest): boolean {
    return bulk.test(path) || document.test(path) || path.startsWith('/_') || (path === '/' && method !== 'POST')
  }

  answerProblem({ status, message, headers }: HttpProblem): HttpAnswer {
    const cause = { type: errorTypes[status] ?? 'exception', reason: message }
    const body = { error: { root_cause: [cause], ...cause }, status }
    return { status, headers: { ...headers, ...productHeaders }, body: JSON.stringify(body) }
  }

  async answer(request: HttpRequest, intake: Intake): Promise<HttpAnswer> {
    const { method, path } = request
    const isWrite = method === 'POST' || method === 'PUT'
    const [, bulkIndex] = isWrite ? (bulk.exec(path) ?? []) : []
    if (isWrite && bulk.test(path)) return this.#bulk(request, intake, nameOf(bulkIndex))
    const [, index, id] = isWrite ? (document.exec(path) ?? []) : []
    if (index !== undefined) return this.#document(request, intake, nameOf(index), id)
    const answer = probeAnswer(request, this.#version)
    if (answer === undefined) throw new HttpProblem(404, `Weir takes documents, and has no ${method} ${path}`)
    return answer
  }

  async #bulk(request: HttpRequest, intake: Intake, index: string): Promise<HttpAnswer> {
    const begun = performance.now()
    const body = readBulk(await request.read(), index)
    const consignment = intake.open(request)
    for (const [name, documents] of body.documents)
      await consignment.lines('elasticsearch', documents, name === '' ? {} : { 'elasticsearch.index': name })
    await consignment.acknowledged()
    return { status: 200, headers: productHeaders, body: bulkAnswer(body, performance.now() - begun) }
  }

  async #document(request: HttpRequest, intake: Intake, index: string, id: string | undefined): Promise<HttpAnswer> {
    const bytes = await request.read()
    for (let at = 0; at < bytes.length; at++) if (bytes[at] === 0x0a || bytes[at] === 0x0d) bytes[at] = 0x20
    const fault = faultOf(bytes, 0, bytes.length)
    if (fault !== undefined) throw new HttpProblem(400, fault === '' ? 'the document is empty' : fault)
    const consignment = intake.open(request)
    await consignment.lines('elasticsearch', bytes, { 'elasticsearch.index': index })
    await consignment.acknowledged()
    const answer = { _index: index, ...(id === undefined ? {} : { _id: nameOf(id) }), result: 'created', _version: 1 }
    return { status: 201, headers: productHeaders, body: JSON.stringify(answer) }
  }
}

/** A part of a path as it was meant. @throws HttpProblem 400 */
function nameOf(encoded: string | undefined): string {
  try {
    return decodeURIComponent(encoded ?? '')
  } catch {
    throw new HttpProblem(400, `${encoded} is no name of an index`)
  }
}
