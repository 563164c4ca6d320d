import { setFlagsFromString } from 'node:v8'

/**
 * V8 has a second regular expression engine, whose time is linear in the text. With the first flag V8 goes over to it
 * when the usual engine has gone back too often on one text. The flag holds for expressions made after it was set, so
 * this module must be loaded before any pattern of the operator is compiled.
 *
 * V8's own threshold is 50,000, and does not count the steps back inside a simple loop: `\w+@` on 1 MiB of letters took
 * 86 s. At 2,000 it takes about 3 s (worst case; 0.2 s on 64 KiB), and lines of some 2 KiB stay on the usual engine.
 */
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks')
setFlagsFromString('--regexp-backtracks-before-fallback=2000')

/** Whether V8's linear engine takes the pattern. V8 says so itself: its flag `l` refuses what the engine cannot do. */
export function isLinear(source: string, flags: string): boolean {
  setFlagsFromString('--enable-experimental-regexp-engine')
  try {
    return new RegExp(source, `${flags}l`) instanceof RegExp
  } catch {
    return false
  } finally {
    setFlagsFromString('--no-enable-experimental-regexp-engine')
  }
}
