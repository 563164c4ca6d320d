import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createComponent, exporterContract, settle } from '@weir/sdk/testing'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import definition from './index.ts'
import { collecting, exporting } from './receiving.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-syslog-exporter-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const to = (port: number, more: object = {}) => ({ endpoint: '127.0.0.1', port, hostname: 'h', ...more })

/** A port on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

describe('contract', () => {
  const server = createServer((socket) => socket.resume().on('error', () => {}))
  let port = 0
  let closed = 0
  beforeAll(async () => {
    closed = await freePort()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  })
  afterAll(() => void server.close())
  const config = () => to(port)
  const names = exporterContract(definition, { config: to(1) }).map(({ name }) => name)
  for (const [index, name] of names.entries()) {
    it(name, () => exporterContract(definition, { config: config() })[index]?.run())
  }
  it('throws a retryable error where nothing listens', async () => {
    const options = { config: to(1), failing: [{ name: 'closed', config: to(closed), error: 'retryable' as const }] }
    await exporterContract(definition, options).at(-1)?.run()
  })
})

describe('over TCP', () => {
  it('a message a line, all over one connection', async () => {
    const { received, port, sockets } = await collecting()
    const { send } = exporting(to(port))
    await send(['one', 'two'])
    await send(['three\nfour'])
    await received('<165>1 - h - - - - one\n<165>1 - h - - - - two\n<165>1 - h - - - - three#012four\n')
    expect(sockets).toHaveLength(1)
  })

  it('counted in bytes, where it is told to', async () => {
    const { received, port } = await collecting()
    await exporting(to(port, { enable_octet_counting: true, embedded_newlines: 'keep' })).send(['€\n', 'b'])
    await received('23 <165>1 - h - - - - €\n20 <165>1 - h - - - - b')
  })

  it('sees that the peer has closed before it writes, and connects anew: nothing is lost', async () => {
    const { received, port, sockets } = await collecting()
    const { send, clock } = exporting(to(port))
    await send(['one'])
    await received(expect.stringMatching(/one\n$/))
    await clock.advance(1000)
    sockets[0]?.end()
    await once(sockets[0] ?? createServer(), 'close')
    await send(['two'])
    await received(expect.stringMatching(/one\n.* two\n$/))
    expect(sockets).toHaveLength(2)
  })

  it('the same where the peer has reset the connection', async () => {
    const { received, port, sockets } = await collecting()
    const { send, clock } = exporting(to(port))
    await send(['one'])
    await received(expect.stringMatching(/one\n$/))
    await clock.advance(1000)
    sockets[0]?.resetAndDestroy()
    await send(['two'])
    await received(expect.stringMatching(/one\n.* two\n$/))
  })

  it('loses one batch, and no more, to a peer that accepts connections and closes them', async () => {
    const { server, received, port, sockets } = await collecting()
    let isFull = true
    server.on('connection', (socket) => {
      if (isFull && sockets.length > 1) socket.destroy()
    })
    const { send, clock } = exporting(to(port))
    await send(['lost'])
    sockets[0]?.destroy()
    await expect.poll(() => sockets[0]?.destroyed).toBe(true)
    for (let count = 0; count < 3; count++) {
      await expect(send(['kept'])).rejects.toMatchObject({ hint: expect.stringContaining('limit of connections') })
    }
    expect(clock.pending).toBe(0)
    isFull = false
    const sending = send(['kept'])
    await expect.poll(() => sockets.length).toBe(5)
    await settle()
    await clock.advance(500)
    await sending
    await received(expect.stringMatching(/ kept\n$/))
    expect(clock.pending).toBe(0)
    await send(['at once'])
  })

  it('fails while nobody listens, and goes on when somebody does', async () => {
    const port = await freePort()
    const { send } = exporting(to(port))
    await expect(send(['one'])).rejects.toMatchObject({ message: expect.stringContaining('nothing listens there') })
    const { received } = await collecting(createServer(), port)
    await send(['one'])
    await received('<165>1 - h - - - - one\n')
  })

  it('is not done before the kernel has it all, and begins anew where the attempt is given up', async () => {
    const server = createServer({ pauseOnConnect: true })
    const { port, sockets } = await collecting(server)
    const { send } = exporting(to(port, { max_message_size: '1MiB' }))
    const attempt = new AbortController()
    const large = Array.from({ length: 32 }, () => 'x'.repeat(1_000_000))
    let isDone = false
    const sending = send(large, attempt.signal).finally(() => {
      isDone = true
    })
    await expect.poll(() => sockets.length).toBe(1)
    for (let turn = 0; turn < 50; turn++) await settle()
    expect(isDone).toBe(false)
    attempt.abort(new Error('the time is over'))
    await expect(sending).rejects.toThrow('the time is over')
    await send(['after'])
    expect(sockets).toHaveLength(2)
  })

  it('waits at the stop until the peer has read to the end, for as long as it may take', async () => {
    const { text, port, sockets } = await collecting()
    const { send, exporter } = exporting(to(port, { max_message_size: '1MiB' }))
    await send(Array.from({ length: 3 }, () => 'x'.repeat(1_000_000)))
    await exporter.stop()
    expect(text()).toHaveLength(3 * (1_000_000 + '<165>1 - h - - - - \n'.length))
    expect(sockets[0]?.readableEnded).toBe(true)

    const deaf = await collecting(createServer({ pauseOnConnect: true, allowHalfOpen: true }))
    const second = exporting(to(deaf.port, { close_timeout: '3s' }))
    await second.send(['one'])
    let isStopped = false
    const stopping = second.exporter.stop().then(() => {
      isStopped = true
    })
    await second.clock.advance(2900)
    expect(isStopped).toBe(false)
    await second.clock.advance(200)
    await stopping
  })
})

describe('over UDP', () => {
  it('a message a datagram', async () => {
    const socket = createSocket('udp4')
    const texts: string[] = []
    socket.on('message', (bytes) => texts.push(bytes.toString()))
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    onTestFinished(() => void socket.close())
    const { send } = exporting(to(socket.address().port, { network: 'udp', embedded_newlines: 'keep' }))
    const bodies = Array.from({ length: 100 }, (_, index) => `body\n${index}`)
    await send(bodies)
    await expect.poll(() => texts).toEqual(bodies.map((body) => `<165>1 - h - - - - ${body}`))
  })

  it('learns that nothing listens, where the machine says so, and goes on when something does', async () => {
    const port = await freePort()
    const { send } = exporting(to(port, { network: 'udp' }))
    await expect(send(['lost'])).rejects.toThrow('nothing listens there')
    const socket = createSocket('udp4')
    const texts: string[] = []
    socket.on('message', (bytes) => texts.push(bytes.toString()))
    await new Promise<void>((resolve) => socket.bind(port, '127.0.0.1', resolve))
    onTestFinished(() => void socket.close())
    await send(['found'])
    await expect.poll(() => texts.at(-1)).toBe('<165>1 - h - - - - found')
  })
})

describe('over a Unix socket', () => {
  it('as over TCP', async () => {
    const path = join(folder, 'log.sock')
    const { received } = await collecting(createServer(), path)
    await exporting({ endpoint: 'log.sock', network: 'unix', hostname: 'h' }, folder).send(['one'])
    await received('<165>1 - h - - - - one\n')
    await expect(exporting({ endpoint: join(folder, 'none'), network: 'unix' }).send(['one'])).rejects.toMatchObject({
      message: expect.stringContaining('there is no such socket'),
    })
  })
})

describe('a config that cannot work', () => {
  it.each([
    [{ embedded_newlines: 'keep' }, 'embedded_newlines', /keep/],
    [{ network: 'udp', max_message_size: '64KiB' }, 'max_message_size', /65507/],
    [{ max_message_size: 100 }, 'max_message_size', /header/],
  ])('is refused: %j', (keys, key, text) => {
    const message = expect.stringMatching(text)
    expect(() => createComponent(definition, to(1, keys))).toThrow(
      expect.objectContaining({ code: 'WEIR_SYSLOG_EXPORTER_CONFIG', configPath: [key], message }),
    )
  })
})

it('keeps a connection that the peer uses to say something', async () => {
  const { port, sockets, received } = await collecting()
  const { send } = exporting(to(port))
  await send(['one'])
  await received(expect.stringMatching(/one\n$/))
  for (let count = 0; count < 20; count++) sockets[0]?.write('x'.repeat(100_000))
  await send(['two'])
  await received(expect.stringMatching(/two\n$/))
  expect(sockets).toHaveLength(1)
})
