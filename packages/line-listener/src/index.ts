export { type CheckedListeners, checkListeners } from './check-listeners.ts'
export {
  LineListeners,
  type LineListenersOptions,
  type Newlines,
  type StreamTransport,
  type UdpTransport,
} from './line-listeners.ts'
export { listenersKeys, tcpKeys, udpKeys, unixKeys } from './listener-keys.ts'
