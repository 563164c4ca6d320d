import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { anyPort, closed, connected, isWanted, listening, program, ran } from '@weir/line-listener/testing'
import { resolveConfig } from '@weir/sdk'
import { createComponent, receiverContract, settle } from '@weir/sdk/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { config, type SocketConfig } from './config.ts'
import definition from './index.ts'
import { socketReceiver } from './socket-receiver.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-socket-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const { receiving } = listening((given, services) =>
  // What resolveConfig makes of the schema is of the schema's type.
  socketReceiver({ ...services, config: resolveConfig(config, given) as SocketConfig }),
)
const tcp = (keys: object = {}) => ({ tcp: { ...anyPort, ...keys } })

describe('contract', () => {
  for (const { name, run } of receiverContract(definition, { config: { ...tcp(), udp: anyPort } })) it(name, run)
})

describe('lines over TCP', () => {
  it('are taken as they are: digits, priorities, indents and tabs mean nothing', async () => {
    const { received, tcp: connect } = await receiving(tcp())
    const lines = ['12 <13>no count', '<13>no priority', '  at indented', '\tat tabbed', '{"a":1}', 'größe €']
    ;(await connect()).end(lines.map((line) => `${line}\n`).join(''))
    await received(lines)
  })

  it('keep their blank lines, which a record of several lines may hold', async () => {
    const { received, tcp: connect } = await receiving(tcp())
    ;(await connect()).end('one\n\n\r\ntwo\n')
    await received(['one', '', '', 'two'])
  })

  it('come whole wherever the stream is split, the last one without its end too', async () => {
    const { received, tcp: connect } = await receiving(tcp())
    const socket = await connect()
    socket.setNoDelay()
    for (const byte of Buffer.from(' ein\r\n zwölf\nend')) {
      await new Promise((resolve) => socket.write(Buffer.of(byte), resolve))
      await settle()
    }
    socket.end()
    await received([' ein', ' zwölf', 'end'])
  })

  it('are of one source for each connection, so that their records never mix', async () => {
    const { until, texts, output, tcp: connect } = await receiving(tcp())
    const sockets = await Promise.all(['a', 'b', 'c'].map(async (name) => ({ name, socket: await connect() })))
    for (let line = 0; line < 50; line++) for (const { name, socket } of sockets) socket.write(`${name} ${line}\n`)
    await until(() => texts().length, 150)
    const bySource = Map.groupBy(output.lines, ({ source }) => source)
    expect(bySource.size).toBe(3)
    for (const lines of bySource.values()) {
      const [name] = lines[0]?.text ?? ''
      expect(lines.map(({ text }) => text)).toEqual(Array.from({ length: 50 }, (_, line) => `${name} ${line}`))
    }
  })

  it('end in NUL where they are told to, with line feeds in them as told', async () => {
    for (const [embedded_newlines, expected] of [
      ['split', ['{', '"a":1}', 'two']],
      ['space', ['{ "a":1}', 'two']],
      ['escape', ['{#012"a":1}', 'two']],
    ] as const) {
      const { received, tcp: connect } = await receiving({ ...tcp({ delimiter: 'NUL' }), embedded_newlines })
      ;(await connect()).end('{\n"a":1}\0two\0')
      await received(expected)
    }
  })

  it('are cut or dropped where they are too long, counted; the next one is intact', async () => {
    for (const [behavior, expected] of [
      ['truncate', ['x'.repeat(1024), 'next']],
      ['drop', ['next']],
    ] as const) {
      const config = tcp({ max_log_size: '1KiB', max_log_size_behavior: behavior })
      const { received, tcp: connect, meter } = await receiving(config)
      ;(await connect()).end(`${'x'.repeat(5000)}\nnext\n`)
      await received(expected)
      expect(meter.total('weir_receiver_socket_oversize_messages')).toBe(1)
    }
  })

  it('of one sender do not starve another', async () => {
    const { until, output, texts, clock, tcp: connect } = await receiving(tcp())
    const take = output.sendLines.bind(output)
    // A pipeline that needs a millisecond for what it takes.
    output.sendLines = async (lines) => {
      await clock.advance(1)
      return take(lines)
    }
    output.block()
    const greedy = Array.from({ length: 16_000 }, (_, index) => `greedy ${'x'.repeat(1000)} ${index}`)
    ;(await connect()).end(`${greedy.join('\n')}\n`)
    for (let turn = 0; turn < 100; turn++) await settle()
    const modest = await Promise.all([connect(), connect(), connect()])
    for (const socket of modest) socket.write('modest\n')
    for (let turn = 0; turn < 100; turn++) await settle()
    output.open()
    await until(() => texts().length, greedy.length + modest.length)
    const places = texts().flatMap((text, index) => (text === 'modest' ? [index] : []))
    expect(places).toHaveLength(3)
    expect(Math.max(...places)).toBeLessThan(4000)
    expect(texts().filter((text) => text !== 'modest')).toEqual(greedy)
  })

  it('are taken from no more connections than allowed, and from none that is silent', async () => {
    const limits = tcp({ max_connections: 1, connection_idle_timeout: '10s' })
    const { clock, until, received, tcp: connect, meter } = await receiving(limits)
    const first = await connect()
    first.write('one\n')
    await received(['one'])
    await closed(await connect())
    await until(() => meter.total('weir_receiver_socket_refused_connections'), 1)
    const isClosed = closed(first)
    await clock.advance(12_000)
    await isClosed
    await until(() => meter.total('weir_receiver_socket_open_connections'), 0)
    ;(await connect()).write('two\n')
    await received(['one', 'two'])
  })
})

describe('datagrams', () => {
  it('are a line each, or several', async () => {
    const { received, datagrams } = await receiving({ udp: anyPort })
    await datagrams('one', 'two\n', 'three\nfour\n', '')
    await received(['one', 'two', 'three', 'four'])
  })

  it('tell who sent, where it is asked to', async () => {
    const { until, datagrams, output } = await receiving({ udp: anyPort, add_attributes: true })
    await datagrams('one')
    await until(() => output.attributes.length, 1)
    expect(output.attributes[0]).toMatchObject({ 'network.peer.address': '127.0.0.1', 'network.transport': 'udp' })
  })
})

describe('a Unix socket', () => {
  it('is read, each connection a source of its own, with the permissions that it is told', async () => {
    const { until, texts, output } = await receiving({ unix: { path: 'lines.sock', mode: '0600' } }, folder)
    const path = join(folder, 'lines.sock')
    ;(await connected(path)).write('one\n')
    ;(await connected(path)).write('two\n')
    await until(() => texts().toSorted(), ['one', 'two'])
    expect(new Set(output.lines.map(({ source }) => source)).size).toBe(2)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })
})

describe('a config that cannot work', () => {
  it('is refused with the code of this receiver', () => {
    expect(() => createComponent(definition)).toThrow(expect.objectContaining({ code: 'WEIR_SOCKET_NO_TRANSPORT' }))
    expect(() => createComponent(definition, tcp({ listen_address: 'nowhere' }))).toThrow(
      expect.objectContaining({ code: 'WEIR_SOCKET_ADDRESS', configPath: ['tcp', 'listen_address'] }),
    )
  })
})

const bash = program('bash')

describe.skipIf(!isWanted(bash))('a shell script (needs: apt-get install bash)', () => {
  it('sends over TCP and UDP by what the shell has built in', async () => {
    const { received, receiver } = await receiving({ ...tcp(), udp: anyPort })
    await ran(bash, ['-c', `printf 'one\\ntwo\\n' > /dev/tcp/127.0.0.1/${receiver.port('tcp')}`])
    await received(['one', 'two'])
    await ran(bash, ['-c', `printf 'three\\n' > /dev/udp/127.0.0.1/${receiver.port('udp')}`])
    await received(['one', 'two', 'three'])
  })
})
