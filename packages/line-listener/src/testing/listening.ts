import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { AttributeMap } from '@weir/sdk'
import { CollectingOutput, MemoryLogger, MemoryMeter, TestClock } from '@weir/sdk/testing'
import { expect, onTestFinished } from 'vitest'
import type { LineListeners } from '../line-listeners.ts'

/** An output that remembers the attributes of the sources as well. */
export class AttributedOutput extends CollectingOutput {
  readonly attributes: (AttributeMap | undefined)[] = []

  override sendLines(lines: Parameters<CollectingOutput['sendLines']>[0]) {
    this.attributes.push(lines.source.attributes)
    return super.sendLines(lines)
  }
}

/** What a receiver is created with in a test. */
export interface ListeningServices {
  readonly componentId: string
  readonly clock: TestClock
  readonly logger: MemoryLogger
  readonly meter: MemoryMeter
  readonly runMode: { readonly once: boolean; readonly isTerminal: boolean; readonly baseDir: string }
}

/** Runs the receivers that `create` makes of a config, on free ports of this machine. */
export function listening(create: (given: object, services: ListeningServices) => LineListeners) {
  /** A receiver that is not started. */
  function created(given: object, baseDir = process.cwd()) {
    const services = {
      componentId: 'listener',
      clock: new TestClock(),
      logger: new MemoryLogger(),
      meter: new MemoryMeter(),
      runMode: { once: false, isTerminal: false, baseDir },
    }
    return { ...services, receiver: create(given, services), output: new AttributedOutput() }
  }

  /** A receiver that listens until the test has finished. */
  async function receiving(given: object, baseDir?: string) {
    const made = created(given, baseDir)
    const { receiver, output, clock } = made
    await receiver.start(output)
    onTestFinished(async () => {
      output.open()
      await receiver.stop()
    })
    const texts = () => output.lines.map(({ text }) => text)
    /** Resolves when a condition holds; meanwhile what was gathered is sent. */
    async function until<Value>(value: () => Value, expected: Value): Promise<void> {
      const look = async () => {
        await clock.advance(5)
        return value()
      }
      await expect.poll(look, { interval: 2 }).toEqual(expected)
    }
    return {
      ...made,
      texts,
      until,
      received: (expected: readonly string[]) => until(texts, [...expected]),
      tcp: () => connected(receiver.port('tcp')),
      async datagrams(...messages: (string | Buffer)[]): Promise<void> {
        const socket = createSocket('udp4')
        for (const message of messages) {
          await new Promise((resolve) => socket.send(message, receiver.port('udp'), '127.0.0.1', resolve))
        }
        socket.close()
      },
    }
  }

  return { created, receiving }
}

export async function connected(place: number | string): Promise<Socket> {
  const socket = typeof place === 'number' ? connect(place, '127.0.0.1') : connect(place)
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Resolves when a socket has closed, for whatever reason. */
export const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())))

export const anyPort = { listen_address: '127.0.0.1:0' }
export const counted = (text: string): string => `${Buffer.byteLength(text)} ${text}`
