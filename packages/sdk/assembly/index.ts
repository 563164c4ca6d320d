export { beginDissect, dissect, dissected } from './dissect'
export { begin, count, encode, position, reason } from './ndjson'

/** The first address that the kernels do not use themselves. */
export function firstFree(): usize {
  return __heap_base
}
