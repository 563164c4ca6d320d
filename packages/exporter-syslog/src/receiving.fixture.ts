import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { type ExportContext, resolveConfig } from '@weir/sdk'
import { batchOf, type Input, MemoryMeter, TestClock } from '@weir/sdk/testing'
import { expect, onTestFinished } from 'vitest'
import { config, type SyslogConfig } from './config.ts'
import { SyslogExporter } from './syslog-exporter.ts'

/** An exporter with a clock of the test's own. */
export function exporting(given: object, baseDir = process.cwd()) {
  const services = { clock: new TestClock(), meter: new MemoryMeter() }
  const exporter = new SyslogExporter({
    ...services,
    // What resolveConfig makes of the schema is of the schema's type.
    config: resolveConfig(config, given) as SyslogConfig,
    mode: { once: false, isTerminal: false, baseDir },
  })
  const { signal } = new AbortController()
  onTestFinished(async () => {
    const stopping = exporter.stop()
    await services.clock.advance(60_000)
    await stopping
  })
  return {
    ...services,
    exporter,
    send: (inputs: readonly Input[], abortSignal: ExportContext['abortSignal'] = signal): Promise<void> =>
      exporter.export(batchOf(inputs), { abortSignal }),
  }
}

/** A server that keeps what is sent to it, and its connections. */
export async function collecting(server: Server = createServer(), place: number | string = 0) {
  const sockets: Socket[] = []
  let text = ''
  server.on('tlsClientError', () => {})
  server.on(server.listenerCount('secureConnection') > 0 ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      text += chunk.toString()
    })
  })
  if (typeof place === 'string') server.listen(place)
  else server.listen(place, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  return {
    server,
    sockets,
    port: typeof address === 'object' && address !== null ? address.port : 0,
    text: () => text,
    received: (expected: unknown) => expect.poll(() => text, { interval: 5 }).toEqual(expected),
  }
}
