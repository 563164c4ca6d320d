import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { anyPort, closed, connected, counted } from '@weir/line-listener/testing'
import { settle } from '@weir/sdk/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { created, receiving } from './receiving.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-syslog-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, index) => `<13>${name} ${index}`)
const tcp = (keys: object = {}) => ({ tcp: { ...anyPort, ...keys } })

describe('syslog over TCP', () => {
  it('reads counted and terminated messages mixed on one connection', async () => {
    const { received, tcp: connect } = await receiving(tcp())
    const socket = await connect()
    socket.write(`<13>one\n${counted('<14>two\nlines')}\n<15>three\0${counted('<16>four')}`)
    await received(['<13>one', '<14>two#012lines', '<15>three', '<16>four'])
  })

  it.each([
    ['space', ['<14>two lines']],
    ['split', ['<14>two', 'lines']],
  ])('makes of line feeds what it is told: %s', async (embedded_newlines, expected) => {
    const { received, tcp: connect } = await receiving({ ...tcp(), embedded_newlines })
    ;(await connect()).write(counted('<14>two\nlines'))
    await received(expected)
  })

  it('keeps what came of a message when its connection drops', async () => {
    const { received, tcp: connect, meter } = await receiving(tcp())
    const socket = await connect()
    socket.write('<13>whole\n')
    await received(['<13>whole'])
    socket.write('<13>ha')
    const other = await connect()
    other.write('100 <14>cut')
    await received(['<13>whole'])
    socket.destroy()
    await received(['<13>whole', '<13>ha'])
    other.resetAndDestroy()
    // A reset may overtake what was sent before it.
    await expect.poll(() => meter.total('weir_receiver_syslog_open_connections')).toBe(0)
  })

  it('keeps what came of a counted message that its connection cuts, counted; others go on', async () => {
    const { received, tcp: connect, meter } = await receiving(tcp())
    const other = await connect()
    other.write('<13>on')
    ;(await connect()).end('100 <14>cut')
    await received(['<14>cut'])
    expect(meter.total('weir_receiver_syslog_incomplete_messages')).toBe(1)
    other.write('e\n')
    await received(['<14>cut', '<13>one'])
  })

  it('bears connections that are reset in mid-message, again and again', async () => {
    const { texts, until, tcp: connect, meter } = await receiving(tcp({ max_connections: 4 }))
    for (let count = 0; count < 20; count++) {
      const socket = await connect()
      await new Promise((resolve) => socket.write(count % 2 === 0 ? '<13>ha' : '5000 <13>ha', resolve))
      socket.resetAndDestroy()
      await until(() => meter.total('weir_receiver_syslog_open_connections'), 0)
    }
    expect(meter.total('weir_receiver_syslog_refused_connections')).toBe(0)
    const honest = await connect()
    honest.write('<14>whole\n')
    await until(() => texts().at(-1), '<14>whole')
  })

  it('reads many connections at once, each in its order', async () => {
    const { until, tcp: connect, texts } = await receiving(tcp())
    const names = Array.from({ length: 100 }, (_, index) => `sender${index}`)
    await Promise.all(
      names.map(async (name) => {
        const socket = await connect()
        for (const [index, text] of numbered(name, 50).entries()) {
          socket.write(index % 2 === 0 ? counted(text) : `${text}\n`)
          if (index % 10 === 0) await settle()
        }
        socket.end()
      }),
    )
    await until(() => texts().length, 5000)
    for (const name of names) {
      expect(texts().filter((text) => text.startsWith(`<13>${name} `))).toEqual(numbered(name, 50))
    }
  })

  it('refuses connections beyond max_connections, counted, and takes others when there is room again', async () => {
    const { until, received, tcp: connect, meter, logger } = await receiving(tcp({ max_connections: 2 }))
    const first = await connect()
    ;(await connect()).write('<13>second\n')
    await until(() => meter.total('weir_receiver_syslog_open_connections'), 2)
    for (const count of [1, 2]) {
      const refused = await connect()
      await closed(refused)
      await until(() => meter.total('weir_receiver_syslog_refused_connections'), count)
    }
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
    first.end()
    await until(() => meter.total('weir_receiver_syslog_open_connections'), 1)
    ;(await connect()).write('<13>third\n')
    await received(['<13>second', '<13>third'])
  })

  it('closes connections over which nothing comes', async () => {
    const { clock, received, tcp: connect, meter } = await receiving(tcp({ connection_idle_timeout: '10s' }))
    const socket = await connect()
    socket.write('<13>one\n')
    await received(['<13>one'])
    const isClosed = closed(socket)
    await clock.advance(12_000)
    await isClosed
    expect(meter.total('weir_receiver_syslog_closed_connections')).toBe(1)
  })

  it('closes a connection whose frame never ends, however slowly it goes on; keeps what came', async () => {
    const { clock, until, texts, tcp: connect, meter } = await receiving(tcp({ frame_timeout: '30s' }))
    const socket = await connect()
    const honest = await connect()
    let isClosed = false
    socket.once('close', () => {
      isClosed = true
    })
    socket.write('1000 <13>slow')
    for (let second = 0; second < 40; second++) {
      socket.write('.')
      honest.write(`<14>${second}\n`)
      await until(() => texts().filter((text) => text.startsWith('<14>')).length, second + 1)
      await clock.advance(1000)
    }
    await expect.poll(() => isClosed).toBe(true)
    expect(meter.total('weir_receiver_syslog_closed_connections')).toBe(1)
    await until(() => texts().filter((text) => text.startsWith('<13>slow..')).length, 1)
    expect(honest.destroyed).toBe(false)
  })

  it('cuts what is too long, counted, and reads on', async () => {
    const { received, tcp: connect, meter } = await receiving(tcp({ max_log_size: '1KiB' }))
    const socket = await connect()
    socket.write(`<13>${'x'.repeat(5000)}\n${counted(`<13>${'y'.repeat(5000)}`)}<14>next\n`)
    await received([`<13>${'x'.repeat(1020)}`, `<13>${'y'.repeat(1020)}`, '<14>next'])
    expect(meter.total('weir_receiver_syslog_oversize_messages')).toBe(2)
  })

  it('reads the longest message there may be whole, counted or not, in however many pieces', async () => {
    const { received, tcp: connect, meter } = await receiving(tcp({ max_log_size: '1MiB' }))
    const longest = `<13>${'x'.repeat(1_048_572)}`
    const socket = await connect()
    socket.write(counted(longest))
    socket.write(`${longest}\n<14>next\n`)
    await received([longest, longest, '<14>next'])
    expect(meter.total('weir_receiver_syslog_oversize_messages')).toBe(0)
  })

  it('bears bytes that are no syslog at all, such as a compressed stream, and cuts them', async () => {
    const { until, texts, tcp: connect } = await receiving(tcp({ max_log_size: '4KiB' }))
    const compressed = deflateSync(Buffer.from(Array.from({ length: 400_000 }, () => Math.random()).join()))
    for (let count = 0; count < 4; count++) {
      const socket = await connect()
      socket.end(compressed)
      await closed(socket)
    }
    ;(await connect()).write('<14>good\n')
    await until(() => texts().at(-1), '<14>good')
    expect(Math.max(...texts().map((text) => Buffer.byteLength(text, 'latin1')))).toBeLessThanOrEqual(4096)
  })

  it('says once of a peer that its counts lie, and counts each', async () => {
    const { received, tcp: connect, meter, logger } = await receiving(tcp())
    for (let count = 0; count < 2; count++) (await connect()).end('4 <13>lies 7 <14>two')
    await received(['<13>', 'lies ', '<14>two', '<13>', 'lies ', '<14>two'])
    expect(meter.total('weir_receiver_syslog_framing_errors')).toBe(2)
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  it('reads no more than there is room for, and loses nothing of it', async () => {
    const { until, output, texts, tcp: connect } = await receiving(tcp())
    output.block()
    const lines = numbered('x'.repeat(1000), 32_000)
    let isWritten = false
    ;(await connect()).end(`${lines.join('\n')}\n`, () => {
      isWritten = true
    })
    for (let turn = 0; turn < 100; turn++) await settle()
    expect(isWritten).toBe(false)
    output.open()
    await until(() => texts().length, lines.length)
    expect(texts()).toEqual(lines)
  })

  it('gives every sender its turn, beside one that sends all it can', async () => {
    const { until, output, texts, tcp: connect } = await receiving(tcp())
    output.block()
    const greedy = numbered('x'.repeat(1000), 16_000)
    ;(await connect()).end(`${greedy.join('\n')}\n`)
    for (let turn = 0; turn < 100; turn++) await settle()
    const modest = await Promise.all([connect(), connect(), connect()])
    for (const [index, socket] of modest.entries()) socket.write(`<14>modest ${index}\n`)
    for (let turn = 0; turn < 100; turn++) await settle()
    output.open()
    await until(() => texts().length, greedy.length + modest.length)
    const places = texts().flatMap((text, index) => (text.startsWith('<14>') ? [index] : []))
    expect(places).toHaveLength(3)
    expect(Math.max(...places)).toBeLessThan(4000)
  })

  it('takes messages from allowed senders alone', async () => {
    const { until, tcp: connect, meter } = await receiving({ ...tcp(), allowed_senders: ['10.0.0.0/8', '::1'] })
    const refused = await connect()
    await closed(refused)
    await until(() => meter.total('weir_receiver_syslog_refused_connections'), 1)
    const { received, tcp: connectAllowed } = await receiving({ ...tcp(), allowed_senders: ['127.0.0.0/8'] })
    ;(await connectAllowed()).write('<13>welcome\n')
    await received(['<13>welcome'])
  })

  it('stops while connections are waiting to be accepted, and takes nothing afterwards', async () => {
    const { receiver, output, tcp: connect } = await receiving(tcp())
    const port = receiver.port('tcp')
    const pending = Array.from({ length: 200 }, () => connect())
    const first = await Promise.race(pending)
    first.write('<13>one\n')
    const stopping = receiver.stop()
    const sockets = await Promise.allSettled(pending)
    for (const made of sockets) if (made.status === 'fulfilled') made.value.write('<13>late\n')
    await stopping
    const { calls } = output
    for (const made of sockets) if (made.status === 'fulfilled') await closed(made.value)
    expect(output.calls).toBe(calls)
    const again = created({ tcp: { listen_address: `127.0.0.1:${port}` } })
    await again.receiver.start(again.output)
    await again.receiver.stop()
  })

  it('passes on what was read when it stops, and leaves no connection and no timer', async () => {
    const { receiver, clock, output, texts, tcp: connect, until } = await receiving(tcp())
    const sockets = await Promise.all([connect(), connect(), connect()])
    for (const socket of sockets) socket.write('<13>whole\n<13>begun')
    sockets[0]?.write(' one\n')
    await until(() => texts().length, 4)
    const areClosed = sockets.map((socket) => closed(socket))
    await receiver.stop()
    await Promise.all(areClosed)
    expect(texts().filter((text) => text.startsWith('<13>begun'))).toHaveLength(3)
    expect(clock.pending).toBe(0)
    const sent = output.lines.length
    await settle()
    expect(output.lines.length).toBe(sent)
  })

  it('counts what could not be delivered, and says so once', async () => {
    const { output, tcp: connect, until, meter, logger } = await receiving(tcp())
    output.holding = true
    const socket = await connect()
    for (const count of [1, 2]) {
      socket.write('<13>one\n')
      await until(() => output.pending, 1)
      output.rejectAll(new Error('the sink is gone'))
      await until(() => meter.total('weir_receiver_syslog_lost_bytes'), count * 8)
    }
    expect(logger.lines.filter(({ level }) => level === 'warn')).toEqual([
      expect.objectContaining({ message: expect.stringContaining('the sink is gone') }),
    ])
  })

  it('tells who sent, where it is asked to', async () => {
    const { output, received, tcp: connect } = await receiving({ ...tcp(), add_attributes: true })
    const socket = await connect()
    socket.write('<13>one\n')
    await received(['<13>one'])
    expect(output.attributes).toEqual([
      { 'network.peer.address': '127.0.0.1', 'network.peer.port': socket.localPort, 'network.transport': 'tcp' },
    ])
  })

  it('tells who sent, whatever the message says of its host', async () => {
    const {
      output,
      received,
      tcp: connect,
      datagrams,
    } = await receiving({ ...tcp(), udp: anyPort, add_attributes: true })
    const spoofed = '<13>1 - 198.51.100.1 app - - - it was not me'
    ;(await connect()).write(`${spoofed}\n`)
    await received([spoofed])
    await datagrams(spoofed)
    await received([spoofed, spoofed])
    for (const attributes of output.attributes) expect(attributes?.['network.peer.address']).toBe('127.0.0.1')
  })

  it('says that the port is in use, and by what to help oneself', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const { receiver, output, clock } = created({ udp: anyPort, tcp: { listen_address: `127.0.0.1:${port}` } })
    await expect(receiver.start(output)).rejects.toMatchObject({
      code: 'WEIR_SYSLOG_LISTEN',
      hint: expect.stringContaining('another process'),
    })
    expect(clock.pending).toBe(0)
    server.close()
  })

  it.each(['nonsense:', '127.0.0.1:99999', '[127.0.0.1]:1', ''])(
    'takes no address that is none: %j',
    async (address) => {
      const { receiver, output } = created({ tcp: { listen_address: address } })
      await expect(receiver.start(output)).rejects.toMatchObject({ code: 'WEIR_SYSLOG_ADDRESS' })
    },
  )
})

describe('syslog over a Unix socket', () => {
  it('reads it, with the permissions that it is told, and removes it at the end', async () => {
    const path = join(folder, 'log.sock')
    const { received, receiver } = await receiving({ unix: { path: 'log.sock', mode: '0600' } }, folder)
    ;(await connected(path)).write('<13>one\n')
    await received(['<13>one'])
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await receiver.stop()
    expect(existsSync(path)).toBe(false)
  })

  it('takes the place of a socket that a process left behind, and of nothing else', async () => {
    const path = join(folder, 'stale.sock')
    const leave = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
    spawnSync(process.execPath, ['-e', leave])
    expect(existsSync(path)).toBe(true)
    const { received } = await receiving({ unix: { path } })
    ;(await connected(path)).write('<13>one\n')
    await received(['<13>one'])
    const second = created({ unix: { path } })
    await expect(second.receiver.start(second.output)).rejects.toMatchObject({ code: 'WEIR_SYSLOG_LISTEN' })
    const file = join(folder, 'precious')
    writeFileSync(file, 'data')
    const third = created({ unix: { path: file } })
    await expect(third.receiver.start(third.output)).rejects.toMatchObject({ code: 'WEIR_SYSLOG_LISTEN' })
    expect(statSync(file).size).toBe(4)
  })
})
