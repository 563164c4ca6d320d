export { access, rows } from './access'
export { json, objects } from './json'

/** The first address that the kernels do not use themselves. */
export function firstFree(): usize {
  return __heap_base
}
