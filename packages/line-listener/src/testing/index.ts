export { Authority } from './certificates.ts'
export { AttributedOutput, anyPort, closed, connected, counted, listening } from './listening.ts'
export { hasTlsDriver, isWanted, type Program, program, ran, started, syslogNg } from './peer.ts'
