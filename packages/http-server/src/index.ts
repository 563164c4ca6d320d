/** What a Weir plugin that listens for HTTP needs. */

export { checkEndpoint } from './endpoint.ts'
export { HttpListener, type HttpListenerOptions, httpServerServices } from './http-listener.ts'
export { HttpProblem, type HttpProblemOptions, isHttpProblem, problemAnswer, tooMuchPending } from './http-problem.ts'
export type { HttpAnswer, HttpRequest } from './http-request.ts'
export { type HttpServerConfig, httpServerKeys, smallServerKeys, smallServerLimits } from './http-server-keys.ts'
