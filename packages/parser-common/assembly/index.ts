export { access, rows } from './access'
export { addKey, addSeverity, forgetKeys, hasNanoseconds, json, objects, placements, reason } from './json'
export { hasRemainders, messages, syslog } from './syslog'

/** The first address that the kernels do not use themselves. */
export function firstFree(): usize {
  return __heap_base
}
