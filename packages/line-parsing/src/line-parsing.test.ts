import { Buffer } from 'node:buffer'
import { LogBatch, type Parser } from '@weir/sdk'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseLines } from './line-parsing.ts'

/** What the parser was shown, whether it took it, and the line as it stands in the bytes. */
function parsed(text: string, encoding: 'latin1' | 'utf8') {
  const bytes = Buffer.from(text, encoding)
  const batch = new LogBatch({ capacity: 4096 })
  batch.bytes = bytes
  const seen: string[] = []
  const parser: Parser = {
    parse(line) {
      seen.push(line)
      return !line.startsWith('?')
    },
  }
  const reached = parseLines(parser, bytes, 0, bytes.length, batch, undefined, true)
  const rows = Array.from({ length: batch.length }, (_, row) => batch.line(row))
  return { reached, rows, seen, failures: [...batch.failures] }
}

const line = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.integer({ min: 4000, max: 20_000 }).map((size) => 'x'.repeat(size)),
  fc.constantFrom('', '? not mine', 'with return\r', '\r'),
)

it('shows a parser the same lines, whatever their lengths and however they are made strings', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), fc.boolean(), (lines, isEnded) => {
      const text = lines.join('\n') + (isEnded ? '\n' : '')
      const content = text
        .split('\n')
        .map((one) => one.replace(/\r$/, ''))
        .filter((one) => one !== '')
      const { reached, rows, seen, failures } = parsed(text, 'latin1')
      expect(reached).toBe(text.length)
      expect(rows).toEqual(content)
      expect(seen).toEqual(content)
      expect(failures).toEqual(content.flatMap((one, row) => (one.startsWith('?') ? [row] : [])))
      // One letter beyond ASCII takes the other way.
      expect(parsed(`${text}\né`, 'utf8').seen).toEqual([...content, 'é'])
    }),
  )
})
