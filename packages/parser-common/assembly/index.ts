export { access, rows } from './access'
export { json, objects } from './json'
export { hasRemainders, messages, syslog } from './syslog'

/** The first address that the kernels do not use themselves. */
export function firstFree(): usize {
  return __heap_base
}
