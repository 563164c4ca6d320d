import { HttpProblem } from '@weir/http-server'

export type Labels = readonly (readonly [name: string, value: string])[]

/** A label, the name bare or quoted, and what stands after it. */
const label = /\s*(?:([a-zA-Z_][a-zA-Z0-9_.:]*)|"((?:[^"\\]|\\.)*)")\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|$)/sy

/**
 * Reads the labels of a stream as Prometheus writes them: `{job="app", env="prod"}`, values quoted as in Go.
 * @throws HttpProblem 400
 */
export function parseLabels(text: string): Labels {
  const labels: [string, string][] = []
  const trimmed = text.trim()
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) throw notLabels(text)
  const inner = trimmed.slice(1, -1).trimEnd()
  let at = 0
  while (at < inner.length) {
    label.lastIndex = at
    const [whole, bare, quoted, value] = label.exec(inner) ?? []
    if (whole === undefined || value === undefined) throw notLabels(text)
    labels.push([bare ?? unquote(quoted ?? ''), unquote(value)])
    at += whole.length
  }
  return labels
}

const notLabels = (text: string): HttpProblem =>
  new HttpProblem(400, `${JSON.stringify(text)} are no labels of a stream`)

const escapes: { readonly [letter: string]: string } = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** @see https://go.dev/ref/spec#String_literals */
const unquote = (text: string): string =>
  text.includes('\\')
    ? text.replace(
        /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|([0-7]{3})|(.))/gis,
        (whole, x, u, long, octal, letter) => {
          const hex: string | undefined = x ?? u ?? long
          if (letter !== undefined) return escapes[letter] ?? letter
          const code = hex === undefined ? Number.parseInt(octal, 8) : Number.parseInt(hex, 16)
          return code <= 0x10ffff ? String.fromCodePoint(code) : whole
        },
      )
    : text
