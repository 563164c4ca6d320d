import { type Handler, HttpServer } from '@weir/http-client/testing'
import { type LogBatch, PermanentError } from '@weir/sdk'
import { batchOf, createComponent, testServices } from '@weir/sdk/testing'
import fc from 'fast-check'
import { expect, it, onTestFinished } from 'vitest'
import loki from './index.ts'

interface Entry {
  readonly stream: { readonly [label: string]: string }
  readonly ns: bigint
  readonly line: string
}

/** Labels as Loki writes them in its answers, with the label that it adds. */
const labelsOf = (stream: Entry['stream']): string => {
  const all = { service_name: 'unknown_service', ...stream }
  const pairs = Object.entries(all).sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${pairs.map(([name, value]) => `${name}=${quoted(value)}`).join(', ')}}`
}
const quoted = (text: string): string => JSON.stringify(text).replace(/\\u00([01].)/g, '\\x$1')
const seconds = (ns: bigint): string => new Date(Number(ns / 1_000_000n)).toISOString().replace(/\.\d+/, '')
const goTime = (ns: bigint): string => {
  const [day, time = ''] = seconds(ns).split('T')
  const fraction = String(ns % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '')
  return `${day} ${time.replace('Z', '')}${fraction === '' ? '' : `.${fraction}`} +0000 UTC`
}

/** The answer of the part of Loki that checks entries one by one, errors of one text together. */
function distributorSays(refused: readonly Entry[], kind: 'old' | 'long'): string {
  const errors = refused.map(({ stream, ns, line }) =>
    kind === 'old'
      ? `entry for stream '${labelsOf(stream)}' has timestamp too old: ${seconds(ns)}, oldest acceptable timestamp is: 2026-11-01T00:00:00Z`
      : `Max entry size '10' bytes exceeded for stream '${labelsOf(stream)}' while adding an entry with length '${Buffer.byteLength(line)}' bytes`,
  )
  const groups = Array.from(
    Map.groupBy(errors, (error) => error),
    ([error, { length }]) => ({ error, length }),
  )
  const isAlone = groups.length === 1 && errors.length === 1
  return `${groups.map(({ error, length }) => (isAlone ? error : `${length} errors like: ${error}`)).join('; ')}\n`
}

/** The answer of the part that stores streams: of the last that has refused anything. */
function ingesterSays(all: readonly Entry[], refused: readonly Entry[]): string {
  const last = refused.at(-1)
  if (last === undefined) return ''
  const labels = labelsOf(last.stream)
  const isIts = ({ stream }: Entry) => labelsOf(stream) === labels
  const its = refused.filter(isIts)
  const listed = its
    .slice(0, 10)
    .map(
      ({ ns }) =>
        `entry with timestamp ${goTime(ns)} ignored, reason: 'entry too far behind, entry timestamp is: ${seconds(ns)}, oldest acceptable timestamp is: 2026-11-01T00:00:00Z',\n`,
    )
  const total = `total ignored: ${its.length} out of ${all.filter(isIts).length}`
  return `${listed.join('')}user 'fake', ${total} for stream: ${labels}\n`
}

/** Loki as far as it refuses: what it says of the entries of a request that are not right. */
async function lokiWith(isRight: (entry: Entry) => boolean, says: (all: Entry[], refused: Entry[]) => string) {
  const taken = new Set<string>()
  const answer: Handler = ({ body }, response) => {
    const all: Entry[] = JSON.parse(body).streams.flatMap(
      ({ stream, values }: { stream: Entry['stream']; values: [string, string][] }) =>
        values.map(([ns, line]) => ({ stream, ns: BigInt(ns), line })),
    )
    for (const entry of all) if (isRight(entry)) taken.add(entry.line)
    const refused = all.filter((entry) => !isRight(entry))
    if (refused.length === 0) response.writeHead(204).end()
    else response.writeHead(400).end(says(all, refused))
  }
  const server = await HttpServer.start(answer)
  onTestFinished(() => server[Symbol.asyncDispose]())
  const config = { endpoint: server.url(''), labels: { app: '{attributes.app}' } }
  const exporter = createComponent(loki, config, testServices())
  onTestFinished(async () => exporter.stop?.())
  /** Rows that were refused. */
  const send = (batch: LogBatch): Promise<readonly number[] | undefined> =>
    exporter.export(batch, { abortSignal: new AbortController().signal }).then(
      () => [],
      (error) => (error instanceof PermanentError ? error.rows : Promise.reject(error)),
    )
  return { taken, server, send }
}

const now = Date.UTC(2026, 10, 26)
const limit = Date.UTC(2026, 10, 1)
const isYoung = ({ ns }: Entry) => ns >= BigInt(limit) * 1_000_000n
const isShort = ({ line }: Entry) => Buffer.byteLength(line) <= 10
/** Times in whole seconds, so that it is clear which of them are too old. */
const time = fc.oneof(
  fc.integer({ min: limit / 1000 - 20, max: limit / 1000 + 5 }).map((second) => second * 1000),
  fc.constant(now),
)
const records = fc.array(
  fc.record({
    time,
    app: fc.constantFrom('a', 'b', 'c "d"\\; 1 errors like: {e}', "it's\u0007", ''),
    long: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60 },
)
const batchFrom = (inputs: readonly { time: number; app: string; long?: boolean }[]) =>
  batchOf(
    inputs.map(({ time, app, long }, row) => ({
      time,
      body: `${row}${long ? 'é'.repeat(5 + row) : ''}`,
      attributes: { app },
    })),
  )

it.each([
  ['that checks entries, of their age', isYoung, (_: Entry[], refused: Entry[]) => distributorSays(refused, 'old')],
  ['that checks entries, of their length', isShort, (_: Entry[], refused: Entry[]) => distributorSays(refused, 'long')],
  ['that stores streams', isYoung, ingesterSays],
])('names the records that were refused by the part of Loki %s', async (_, isRight, says) => {
  const peer = await lokiWith(isRight, says)
  await fc.assert(
    fc.asyncProperty(records, async (inputs) => {
      peer.server.requests.length = 0
      const isRefused = (input: { time: number; long: boolean }) =>
        isRight === isShort ? input.long : input.time < limit
      const rows = inputs.flatMap((input, row) => (isRefused(input) ? [row] : []))
      expect(await peer.send(batchFrom(inputs))).toEqual(rows)
      // One of the distributor; one more for each stream of which an ingester has refused something.
      expect(peer.server.requests.length).toBeLessThanOrEqual(says === ingesterSays ? 6 : 1)
    }),
    { numRuns: 60 },
  )
})

it('finds by halves what was refused when the answer does not say it', async () => {
  const peer = await lokiWith(
    ({ line }) => !['17', '700'].includes(line),
    () => 'some entries are not right',
  )
  const inputs = Array.from({ length: 1000 }, () => ({ time: now, app: 'a' }))
  expect(await peer.send(batchFrom(inputs))).toEqual([17, 700])
  expect(peer.taken.size).toBe(998)
  expect(peer.server.requests.length).toBeLessThan(45)
})

it('does not look for long when nothing of a request is right', async () => {
  const inputs = Array.from({ length: 1000 }, () => ({ time: now, app: 'a' }))
  const peer = await lokiWith(
    () => false,
    () => 'stream has structured metadata, but this feature is disallowed',
  )
  expect(await peer.send(batchFrom(inputs))).toHaveLength(1000)
  expect(peer.server.requests).toHaveLength(15)
})

it('counts as refused what it could not find out with so many requests', async () => {
  const peer = await lokiWith(
    ({ line }) => Number(line) % 100 > 0,
    () => 'no',
  )
  const rows = (await peer.send(batchFrom(Array.from({ length: 4000 }, () => ({ time: now, app: 'a' }))))) ?? []
  expect(peer.server.requests).toHaveLength(15)
  expect(new Set(rows).isSupersetOf(new Set(Array.from({ length: 40 }, (_, index) => index * 100)))).toBe(true)
})

it('does not take a second of which Loki has refused a part for all of it', async () => {
  const peer = await lokiWith(
    ({ ns }) => ns >= BigInt(limit + 500) * 1_000_000n,
    (_, refused) => distributorSays(refused, 'old'),
  )
  const inputs = [0, 200, 499, 500, 700, 5000].map((ms) => ({ time: limit + ms, app: 'a' }))
  expect(await peer.send(batchFrom(inputs))).toEqual([0, 1, 2])
})
