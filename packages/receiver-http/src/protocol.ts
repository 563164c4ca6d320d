import type { HttpAnswer, HttpProblem, HttpRequest } from '@weir/http-server'
import type { Intake } from './intake.ts'

/** One of the ways to send logs over HTTP. */
export interface Protocol {
  /** Whether a request is of this protocol, by its method and path. */
  owns(request: HttpRequest): boolean
  /** Answers it. @throws HttpProblem */
  answer(request: HttpRequest, intake: Intake): Promise<HttpAnswer>
  /** Says what is wrong as clients of the protocol understand it. */
  answerProblem(problem: HttpProblem): HttpAnswer
}
