import { existsSync, readFileSync } from 'node:fs'

let compiled: WebAssembly.Module | undefined | null = null

/** The kernels, if they were built and this machine can run them. */
export function kernelModule(): WebAssembly.Module | undefined {
  if (compiled === null) {
    const path = new URL('../../dist/kernels.wasm', import.meta.url)
    const bytes = existsSync(path) ? readFileSync(path) : undefined
    compiled = bytes !== undefined && WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined
  }
  return compiled
}
