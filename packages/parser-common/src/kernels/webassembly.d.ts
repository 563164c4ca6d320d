/** What is used of WebAssembly's JavaScript API, which neither TypeScript's library for ES nor Node's types declare. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array)
  }
  class Instance {
    constructor(module: Module)
    readonly exports: unknown
  }
  class Memory {
    readonly buffer: ArrayBuffer
    grow(pages: number): number
  }
  class Global {
    readonly value: number
  }
  function validate(bytes: Uint8Array): boolean
}
