import { type HttpAnswer, HttpProblem, type HttpRequest, problemAnswer } from '@weir/http-server'
import { attributeMap } from '@weir/sdk'
import type { Intake } from '../intake.ts'
import type { Protocol } from '../protocol.ts'
import { checkJsonLines } from './json-lines.ts'
import { layOutInLines } from './json-values.ts'

const ndjson = /^application\/(x-ndjson|ndjson|jsonl|x-jsonlines|json-lines|json-seq|stream\+json)$/
const json = /^(application\/json|text\/json|application\/[\w.-]+\+json)$/

/** The media type, without parameters. */
const mediaType = ({ headers }: HttpRequest): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''

/** Text lines, NDJSON and JSON, posted to one path. */
export class LinesProtocol implements Protocol {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  owns({ method, path }: HttpRequest): boolean {
    return path === this.#path && (method === 'POST' || method === 'PUT')
  }

  answerProblem(problem: HttpProblem): HttpAnswer {
    return problemAnswer(problem)
  }

  async answer(request: HttpRequest, intake: Intake): Promise<HttpAnswer> {
    const type = mediaType(request)
    if (type.startsWith('multipart/')) throw new HttpProblem(415, `${type} is not taken: post the lines themselves`)
    const isNdjson = ndjson.test(type)
    const isJson = isNdjson || json.test(type)
    const bytes = await request.read()
    const isArray = isJson && !isNdjson && layOutInLines(bytes)
    const checked = isJson ? checkJsonLines(bytes) : undefined
    const consignment = intake.open(request)
    if (checked?.accepted !== 0) await consignment.lines(isJson ? 'json' : 'lines', bytes, attributeMap())
    await consignment.acknowledged()
    if (checked === undefined || checked.refused === 0) return { status: 204 }
    const { accepted, refused } = checked
    const errors = checked.errors.map(({ line, error }) => ({ [isArray ? 'element' : 'line']: line, error }))
    const body = { accepted, refused, errors }
    return accepted > 0
      ? { status: 200, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(body)}\n` }
      : {
          status: 400,
          headers: { 'content-type': 'application/problem+json' },
          body: `${JSON.stringify({ title: 'Bad Request', status: 400, detail: 'there is no JSON object in it', ...body })}\n`,
        }
  }
}
