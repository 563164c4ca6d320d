/** The certificates and keys of servers and clients. */
export {
  type ClientTls,
  type ClientTlsConfig,
  clientFileKeys,
  clientTls,
  clientTlsKeys,
  insecureSkipVerify,
} from './client-tls.ts'
export { handshakeProblem } from './handshake-problem.ts'
export { minVersion } from './min-version.ts'
export {
  type ServerTls,
  type ServerTlsConfig,
  type ServerTlsOptions,
  serverFileKeys,
  serverTls,
} from './server-tls.ts'
