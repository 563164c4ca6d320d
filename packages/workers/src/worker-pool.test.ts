import { Buffer } from 'node:buffer'
import { pathToFileURL } from 'node:url'
import { plainRecords } from '@weir/sdk/testing'
import { afterAll, describe, expect, it } from 'vitest'
import type { WorkerComponent } from './worker-component.ts'
import { WorkerPool } from './worker-pool.ts'

const entry = pathToFileURL(`${import.meta.dirname}/testdata/letters.ts`).href
const parser: WorkerComponent = { key: 'parser/letters', entry, kind: 'parser', type: 'letters', config: {} }
const source = { id: 'a.log' }
const pool = new WorkerPool(2)
afterAll(() => pool.close())

const text = (lines: readonly string[]) => new Uint8Array(Buffer.from(lines.map((line) => `${line}\n`).join('')))

describe('worker threads', () => {
  it('give the batches of their lines, with time, attributes and failures', async () => {
    const [batch] = (await pool.parser(parser).parse(text(['one', '?two', 'three']), source)) ?? []
    expect(batch === undefined ? [] : plainRecords(batch)).toEqual([
      { body: 'one', time: 1003, attributes: { letters: 3, worker: true } },
      { body: '?two', attributes: {} },
      { body: 'three', time: 1005, attributes: { letters: 5, worker: true } },
    ])
    expect(batch?.failures).toEqual([1])
  })

  it('cut what is larger than a batch into several, nothing lost', async () => {
    const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index}`)
    const batches = (await pool.parser(parser).parse(text(lines), source)) ?? []
    expect(batches.length).toBeGreaterThan(1)
    expect(batches.flatMap((batch) => plainRecords(batch)).map(({ body }) => body)).toEqual(lines)
  })

  it('hand an exception of the parser to who asked', async () => {
    await expect(pool.parser(parser).parse(text(['throw']), source)).rejects.toThrow('thrown by the parser')
  })

  it('run a processor on a batch, selection and all', async () => {
    const [batch] = (await pool.parser(parser).parse(text(['abc', 'skipped', 'xyz']), source)) ?? []
    const processor = pool.processor({
      key: 'processor/reverse',
      entry,
      kind: 'processor',
      type: 'reverse',
      config: {},
    })
    const selected = batch?.select(Uint32Array.of(0, 2))
    const result = selected === undefined ? null : await processor.process(selected)
    expect(result === null ? [] : plainRecords(result).map(({ body }) => body)).toEqual(['cba', 'zyx'])
  })

  it('say so when the module does not have the component', async () => {
    const absent = pool.parser({ ...parser, key: 'parser/absent', type: 'absent' })
    await expect(absent.parse(text(['a']), source)).rejects.toThrow('has no parser absent')
  })
})
