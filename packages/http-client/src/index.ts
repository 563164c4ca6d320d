/** What every exporter over HTTP needs. */
export { endpointUrl } from './endpoint-url.ts'
export { checkHttp, headerFields } from './header-fields.ts'
export { HttpClient, type HttpClientOptions, type HttpRequest } from './http-client.ts'
export { type HttpConfig, httpKeys } from './http-keys.ts'
export type { HttpAnswer } from './http-sink.ts'
export { RefusedRequestError } from './sink-error.ts'
