import { existsSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { LinesDelivery, Output, State } from '@weir/sdk'
import { createComponent, testServices } from '@weir/sdk/testing'
import definition from './index.ts'
import { systemClock } from './system-clock.fixture.ts'

// A process of its own, to be killed: reads `app.log*` of the folder that it is given, writes the lines to `out`, and
// keeps its state in a file. A delivery is acknowledged a little after it was written.

const folder = process.argv[2] ?? ''
const out = openSync(join(folder, 'out'), 'a')
// A kill may have torn the line that was being written: what comes now stands alone.
writeSync(out, '\n')
const acknowledgedAfterMs = 5

class StateFile implements State {
  readonly #path = join(folder, 'state.json')
  readonly #values: ReturnType<State['get']> & object = existsSync(this.#path)
    ? JSON.parse(readFileSync(this.#path, 'utf8'))
    : {}

  get(key: string): ReturnType<State['get']> {
    return Reflect.get(this.#values, key)
  }

  set(key: string, value: Parameters<State['set']>[1]): void {
    this.setAll({ [key]: value })
  }

  setAll(entries: Parameters<State['setAll']>[0]): void {
    for (const [key, value] of Object.entries(entries)) {
      if (value === null) Reflect.deleteProperty(this.#values, key)
      else Reflect.set(this.#values, key, value)
    }
    writeFileSync(`${this.#path}.new`, JSON.stringify(this.#values))
    renameSync(`${this.#path}.new`, this.#path)
  }

  keys(): string[] {
    return Object.keys(this.#values)
  }
}

const output: Omit<Output, 'send'> = {
  async sendLines({ bytes, from, to }): Promise<LinesDelivery> {
    const consumed = Math.max(from, bytes.lastIndexOf(10, to - 1) + 1)
    writeSync(out, bytes, from, consumed - from)
    const done = systemClock.sleep(acknowledgedAfterMs)
    return { consumed, done, stored: done }
  },
  storeSoon() {},
  end() {},
}

const overrides = {
  clock: systemClock,
  state: new StateFile(),
  run_mode: { once: false, isTerminal: false, baseDir: folder },
}
const config = { include: ['app.log*'], poll_interval: '20ms', flush_period: '0' }
const send = () => Promise.reject(new Error('only lines are sent'))
await createComponent(definition, config, testServices({ overrides })).start({ ...output, send })
process.send?.('started')
