import { Buffer } from 'node:buffer'
import { type AttributeMap, type LineSource, LogBatch, type Parser } from '@weir/sdk'
import { createComponent, type PlainRecord, parserContract, plainRecords, testServices } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { container } from './container.ts'
import { json } from './json.ts'
import { logfmt } from './logfmt.ts'
import { expectNoHarm } from './testing/hostile-text.ts'

const installed: { readonly [type: string]: () => Parser } = {
  json: () => createComponent(json),
  logfmt: () => createComponent(logfmt),
  simple: () => ({
    parse(line, record) {
      record.attributes.set('length', line.length)
      return line !== 'no'
    },
  }),
}
const parsers = { types: () => [], create: (type: string) => installed[type]?.() ?? { parse: () => false } }
const podFile = '/var/log/pods/shop_cart-7d9f6c_5e1c-4a/cart/2.log'

function open(config: object = {}, source: LineSource = { id: 'test' }): Parser {
  const services = testServices({ overrides: { parsers } })
  const parser = createComponent(container, config, services)
  return parser.open?.(source) ?? parser
}

/** Gives a parser the pieces as the stage of a receiver does: what it has not taken comes again with what follows. */
function feed(parser: Parser, pieces: readonly string[], capacity = 4096): PlainRecord[] {
  const records: PlainRecord[] = []
  let rest = ''
  const give = (bytes: Buffer, isFinal: boolean) => {
    let from = 0
    while (from < bytes.length) {
      const batch = new LogBatch({ capacity })
      batch.bytes = bytes
      const reached = parser.parseBatch?.(bytes, from, bytes.length, batch, isFinal) ?? bytes.length
      records.push(...plainRecords(batch))
      if (reached === from) break
      from = reached
    }
    return bytes.toString('utf8', from)
  }
  for (const piece of pieces) {
    const text = rest + piece
    const end = text.lastIndexOf('\n') + 1
    rest = give(Buffer.from(text.slice(0, end)), false) + text.slice(end)
  }
  expect(give(Buffer.from(rest), true)).toBe('')
  return records
}

const cri = (stream: string, tag: string, message: string, second = 0) =>
  `2026-11-24T10:00:0${second}.5Z ${stream} ${tag} ${message}\n`
const docker = (stream: string, log: string, second = 0) =>
  `${JSON.stringify({ log, stream, time: `2026-11-24T10:00:0${second}.5Z` })}\n`
const shown = ({ body, attributes }: PlainRecord) => `${String(attributes['log.iostream']).slice(3)}: ${body}`

const lines = [
  cri('stdout', 'F', 'a=1').trimEnd(),
  cri('stderr', 'F', '').trimEnd(),
  'no line of a container',
  cri('stdout', 'F', 'no').trimEnd(),
]
for (const parser of [undefined, 'logfmt', 'simple'])
  for (const { name, run } of parserContract(container, {
    lines,
    config: parser === undefined ? {} : { parser },
    services: { overrides: { parsers } },
  }))
    it(`contract, messages by ${parser ?? 'no parser'}: ${name}`, run)

describe('container', () => {
  it('reads what containerd, CRI-O and Docker write', () => {
    const expected = ['out: one', 'err: two']
    expect(feed(open(), [cri('stdout', 'F', 'one'), cri('stderr', 'F', 'two')]).map(shown)).toEqual(expected)
    expect(feed(open(), [docker('stdout', 'one\n'), docker('stderr', 'two\n')]).map(shown)).toEqual(expected)
  })

  it('joins the parts of a long line, of each stream by itself, with the time of the first', () => {
    const text = [
      cri('stdout', 'P', 'one ', 1),
      cri('stderr', 'P', 'bad ', 2),
      cri('stdout', 'P', 'two ', 3),
      cri('stderr', 'F', 'end', 3),
      cri('stdout', 'F', 'three', 4),
      cri('stdout', 'F', 'next', 4),
    ]
    const records = feed(open(), [text.join('')])
    expect(records.map(shown)).toEqual(['out: one two three', 'err: bad end', 'out: next'])
    expect(records.map(({ attributes }) => attributes.logtag)).toEqual(['F', 'F', 'F'])
    expect(records[0]?.time).toBe(Date.parse('2026-11-24T10:00:01.5Z'))
  })

  it('joins what Docker has cut: lines without a break at their end', () => {
    const text = [docker('stdout', 'a "b'), docker('stdout', '" c'), docker('stdout', '\\n\n'), docker('stdout', 'd\n')]
    expect(feed(open(), [text.join('')]).map(shown)).toEqual(['out: a "b" c\\n', 'out: d'])
  })

  it('leaves a record with its source until it is complete, and what comes after its beginning', () => {
    const parser = open()
    const bytes = Buffer.from(cri('stdout', 'F', 'one') + cri('stdout', 'P', 'two ') + cri('stderr', 'F', 'three'))
    const batch = new LogBatch()
    batch.bytes = bytes
    const reached = parser.parseBatch?.(bytes, 0, bytes.length, batch, false) ?? 0
    expect(plainRecords(batch).map(shown)).toEqual(['out: one'])
    expect(bytes.toString('utf8', reached)).toBe(cri('stdout', 'P', 'two ') + cri('stderr', 'F', 'three'))
    expect(feed(parser, [bytes.toString('utf8', reached), cri('stdout', 'F', 'end')]).map(shown)).toEqual([
      'out: two end',
      'err: three',
    ])
  })

  it('takes what there is of a record when nothing more comes', () => {
    expect(feed(open(), [cri('stdout', 'P', 'half')]).map(shown)).toEqual(['out: half'])
    expect(feed(open(), [docker('stdout', 'prompt> ')]).map(shown)).toEqual(['out: prompt> '])
  })

  it('does not wait for a part longer than it is told, in the time of the lines', () => {
    const text = cri('stdout', 'P', 'lost ', 1) + cri('stdout', 'F', 'found', 7)
    expect(feed(open(), [text]).map(shown)).toEqual(['out: lost ', 'out: found'])
    expect(feed(open({ force_flush_period: '10s' }), [text]).map(shown)).toEqual(['out: lost found'])
  })

  it('gives the same records wherever the file is read to, however few fit in a batch', () => {
    const write = fc.tuple(
      fc.constantFrom('stdout', 'stderr'),
      fc.stringMatching(/^[a-c"\\ ]{0,12}$/),
      fc.integer({ min: 1, max: 5 }),
    )
    fc.assert(
      fc.property(
        fc.array(write, { maxLength: 12 }),
        fc.boolean(),
        fc.infiniteStream(fc.nat(20)),
        fc.integer({ min: 64, max: 80 }),
        (writes, isDocker, cuts, capacity) => {
          const entries = writes.flatMap(([stream, message, size]) => {
            const count = Math.max(1, Math.ceil(message.length / size))
            const parts = Array.from({ length: count }, (_, at) => message.slice(at * size, (at + 1) * size))
            return [{ stream, parts }]
          })
          // The streams write at the same time: parts of one between those of the other.
          const queues = ['stdout', 'stderr'].map((name) =>
            entries
              .filter(({ stream }) => stream === name)
              .flatMap(({ stream, parts }) =>
                parts.map((part, index) => {
                  const isLast = index === parts.length - 1
                  return isDocker ? docker(stream, isLast ? `${part}\n` : part) : cri(stream, isLast ? 'F' : 'P', part)
                }),
              ),
          )
          const text: string[] = []
          for (let turn = 0; queues.some(({ length }) => length > 0); turn++)
            text.push(...(queues[turn % 2]?.splice(0, 1) ?? []))
          const file = text.join('')
          const pieces: string[] = []
          for (let from = 0; from < file.length; ) {
            const to = from + 1 + 5 * (cuts.next().value ?? 0)
            pieces.push(file.slice(from, to))
            from = to
          }
          const whole = feed(open(), [file]).map(shown)
          expect(feed(open(), pieces).map(shown)).toEqual(whole)
          expect(feed(open(), pieces, capacity).map(shown)).toEqual(whole)
          for (const name of ['stdout', 'stderr']) {
            const own = entries
              .filter(({ stream }) => stream === name)
              .map(({ parts }) => `${name.slice(3)}: ${parts.join('')}`)
            expect(whole.filter((line) => line.startsWith(name.slice(3)))).toEqual(own)
          }
        },
      ),
    )
  })

  it('unwraps JSON in JSON, and JSON in CRI, with time and severity of the message where it tells them', () => {
    const message = '{"level":"error","msg":"no \\"space\\"","time":"2026-11-24T09:00:00Z","disk":{"name":"sda"}}'
    const expected = {
      body: 'no "space"',
      severityNumber: 17,
      time: Date.parse('2026-11-24T09:00:00Z'),
      attributes: { 'log.iostream': 'stdout', disk: { name: 'sda' } },
    }
    for (const text of [docker('stdout', `${message}\n`), cri('stdout', 'F', message)])
      expect(feed(open({ parser: 'json' }), [text])).toMatchObject([expected])
    const parts = cri('stdout', 'P', message.slice(0, 30)) + cri('stdout', 'F', message.slice(30))
    expect(feed(open({ parser: 'json' }), [parts])).toMatchObject([expected])
  })

  it('keeps what the message does not tell, and a message of another format', () => {
    const text = cri('stdout', 'F', '{"a":1}') + cri('stderr', 'F', 'plain') + docker('x', 'y')
    const [first, second] = feed(open({ parser: 'json' }), [text])
    expect(first).toMatchObject({ time: Date.parse('2026-11-24T10:00:00.5Z'), attributes: { a: 1, logtag: 'F' } })
    expect(second).toMatchObject({ body: 'plain', attributes: { 'log.iostream': 'stderr' } })
  })

  it('parses messages by any parser, each to the record of its line', () => {
    const messages = Array.from({ length: 50 }, (_, index) => (index % 3 === 0 ? 'plain' : `k${index % 7}=v${index}`))
    const text = messages.map((message) => cri('stdout', 'F', message)).join('')
    const records = feed(open({ parser: 'logfmt' }), [text])
    expect(records.map(({ attributes }, index) => attributes[`k${index % 7}`] ?? 'plain')).toEqual(
      messages.map((message) => message.split('=')[1] ?? message),
    )
    expect(feed(open({ parser: 'simple' }), [text])[1]?.attributes.length).toBe(5)
  })

  it.each<[string, AttributeMap | undefined]>([
    [
      podFile,
      {
        'k8s.namespace.name': 'shop',
        'k8s.pod.name': 'cart-7d9f6c',
        'k8s.pod.uid': '5e1c-4a',
        'k8s.container.name': 'cart',
        'k8s.container.restart_count': 2,
      },
    ],
    [`${podFile}.20261124-101500`, expect.objectContaining({ 'k8s.container.restart_count': 2 })],
    ['C:\\var\\log\\pods\\a_b_0c\\d.e\\0.log', expect.objectContaining({ 'k8s.container.name': 'd.e' })],
    [
      `/var/log/containers/cart-7d_shop_cart-${'0a'.repeat(32)}.log`,
      {
        'k8s.namespace.name': 'shop',
        'k8s.pod.name': 'cart-7d',
        'k8s.container.name': 'cart',
        'container.id': '0a'.repeat(32),
      },
    ],
    ['/var/log/app.log', undefined],
  ])('tells the pod of %s', (path, resource) => {
    const attributes = { 'log.file.path': path }
    expect(open({}, { id: 'x', attributes }).resource).toEqual(resource)
    expect(open({ add_metadata_from_filepath: false }, { id: 'x', attributes }).resource).toBeUndefined()
  })

  it('does no harm, whatever it is given', () => expectNoHarm(container, [...lines, docker('stdout', 'x').trimEnd()]))
})
