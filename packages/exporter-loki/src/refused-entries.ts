import { Buffer } from 'node:buffer'
import type { Entry } from './push-encoder.ts'

/** What an answer of Loki says about the entries of a request. */
export interface Account {
  /** Those that were refused, without doubt. */
  readonly refused: ReadonlySet<Entry>
  /** Those of which it does not say what has become. */
  readonly unknown: readonly Entry[]
}

/** Labels as Prometheus writes them, with the strings of Go: `{job="a", path="\"x\""}`. */
const labels = String.raw`(?<labels>\{(?:[^"{}]|"(?:[^"\\]|\\.)*")*\})`
const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)`
const source = (pattern: RegExp): string => pattern.source.replace('LABELS', labels)

/** What the distributor says of entries, one kind of error after the other, with how many there are of each. */
const kinds = [
  source(RegExp(`entry for stream 'LABELS' has timestamp too (?:old|new): (?<time>${time})`)),
  source(
    /Max entry size '\d+' bytes exceeded for stream 'LABELS' while adding an entry with length '(?<length>\d+)' bytes/,
  ),
  source(
    /(?:entry for )?stream 'LABELS' has (?<stream>\d+ label names|label (?:name|value) too long|duplicate label name)/,
  ),
].map((kind) => RegExp(String.raw`^(?:(?<count>\d+) errors like: )?${kind}[^;]*(?:; |\s*$)`))

/** What an ingester says of the last stream of which it has refused entries: of ten at most, and how many there are. */
const ignored = RegExp(source(/total ignored: (?<count>\d+) out of (?<all>\d+) for stream: LABELS/))
const ignoredEntry =
  /entry with timestamp (?<day>[\d-]+) (?<time>[\d:]+)(?:\.(?<fraction>\d+))? (?<zone>[+-]\d{4})[^\n]*? ignored, reason: '/g
const oldest = RegExp(`too far behind.*?oldest acceptable timestamp is: (?<time>${time})`)

/** Finds what an answer of 400 says about the entries of the request: the others were taken. */
export function accountOf(answer: string, entries: readonly Entry[]): Account {
  return ofIngester(answer, entries) ?? ofDistributor(answer, entries) ?? { refused: new Set(), unknown: entries }
}

/** It speaks of one stream, and there may be others; nor has it seen what the distributor has kept back. */
function ofIngester(answer: string, entries: readonly Entry[]): Account | undefined {
  const { labels: text = '', count, all } = ignored.exec(answer)?.groups ?? {}
  if (count === undefined) return undefined
  const stream = streamOf(text, entries)
  const listed = new Set(Array.from(answer.matchAll(ignoredEntry), ({ groups }) => nanosecondsOf(groups)))
  const limit = Date.parse(oldest.exec(answer)?.groups?.time ?? '')
  const candidates = [
    stream.filter((entry) => listed.has(`${entry.ms}${String(entry.nanoseconds).padStart(6, '0')}`)),
    stream.filter(({ ms }) => ms < limit),
  ]
  const refused = new Set(candidates.find(({ length }) => length === Number(count)))
  const isWhole = refused.size > 0 && Number(all) === stream.length
  const settled = isWhole ? new Set(stream) : refused
  return { refused, unknown: entries.filter((entry) => !settled.has(entry)) }
}

/** It looks at every entry, so that its answer speaks of all of them, if it can be understood. */
function ofDistributor(answer: string, entries: readonly Entry[]): Account | undefined {
  const refused = new Set<Entry>()
  let rest = answer
  while (rest.trim() !== '') {
    const match = kinds.map((kind) => kind.exec(rest)).find((one) => one !== null)
    if (match?.groups === undefined) break
    const { groups } = match
    const found = streamOf(groups.labels ?? '', entries).filter(
      (entry) =>
        groups.stream !== undefined ||
        (groups.time !== undefined && Math.floor(entry.ms / 1000) * 1000 === Date.parse(groups.time)) ||
        (groups.length !== undefined && lineLength(entry) === Number(groups.length)),
    )
    // Times are told in seconds: at the limit, some entries of the second are refused and others are not.
    if (groups.stream === undefined && found.length !== Number(groups.count ?? 1)) break
    if (found.length === 0) break
    for (const entry of found) refused.add(entry)
    rest = rest.slice(match[0].length)
  }
  if (refused.size === 0) return undefined
  return { refused, unknown: rest.trim() === '' ? [] : entries.filter((entry) => !refused.has(entry)) }
}

/** Entries of the stream that Loki names; it gives a stream a `service_name`, and labels of its own that begin with `__`. */
function streamOf(text: string, entries: readonly Entry[]): readonly Entry[] {
  const named = new Map<string, string>()
  for (const [, name = '', value = ''] of text.matchAll(/([^\s{,=]+)="((?:[^"\\]|\\.)*)"/g))
    named.set(name, unquoted(value))
  const streams = new Map(entries.map(({ labels: own }) => [own, false]))
  for (const own of streams.keys()) streams.set(own, agrees(JSON.parse(own), named))
  return entries.filter(({ labels: own }) => streams.get(own))
}

function agrees(own: { readonly [name: string]: string }, named: ReadonlyMap<string, string>): boolean {
  if (!Object.entries(own).every(([name, value]) => named.get(name) === value)) return false
  return named.keys().every((name) => name in own || name === 'service_name' || name.startsWith('__'))
}

const escapes: { readonly [letter: string]: string } = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** A string as Go quotes it, of a byte, a UTF-16 unit and a code point by their numbers, too. */
const unquoted = (text: string): string =>
  text.replace(/\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|(.))/g, (_, byte, unit, point, letter) =>
    letter === undefined
      ? String.fromCodePoint(Number.parseInt(byte ?? unit ?? point, 16))
      : (escapes[letter] ?? letter),
  )

/** Unix epoch of a time as Go prints it: `2026-11-26 13:25:44.416526133 +0000 UTC`. */
function nanosecondsOf(groups: { readonly [name: string]: string } | undefined): string {
  const { day, time: clock, fraction = '', zone } = groups ?? {}
  const digits = fraction.padEnd(9, '0')
  const ms = Date.parse(`${day}T${clock}${zone?.replace(/..$/, ':$&')}`) + Number(digits.slice(0, 3))
  return `${ms}${digits.slice(3)}`
}

/** In bytes. */
function lineLength({ text }: Entry): number {
  const line: unknown = JSON.parse(text)[1]
  return typeof line === 'string' ? Buffer.byteLength(line) : -1
}
