import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials, Metadata } from '@grpc/grpc-js'
import { expect, it, onTestFinished } from 'vitest'
import { answerOf, bodies, protobuf } from './receiving.fixture.ts'

const program = new URL('./killed-receiver.fixture.ts', import.meta.url)
const requests = 300
const perRequest = 20
const kills = 3
const path = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
const asItIs = (bytes: Buffer) => bytes

it.each(['http', 'grpc'] as const)(
  'loses no record of a sender that repeats what was not answered, when its process is killed at any moment: %s',
  async (protocol) => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-otlp-'))
    const out = join(folder, 'out')
    let child: ChildProcess | undefined
    onTestFinished(() => {
      child?.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    })
    const left = Array.from({ length: requests }, (_, index) => index)
    const textsOf = (index: number) => Array.from({ length: perRequest }, (_, record) => `${index}.${record}`)
    for (let round = 0; left.length > 0; round++) {
      child = fork(program, [out], { execArgv: [] })
      const gone = once(child, 'exit')
      const [ports] = await once(child, 'message')
      const sender = protocol === 'http' ? overHttp(ports.http) : overGrpc(ports.grpc)
      let answered = 0
      const killAfter = round < kills ? 20 + Math.floor(Math.random() * 60) : Number.POSITIVE_INFINITY
      const send = async () => {
        for (let index = left.shift(); index !== undefined; index = left.shift()) {
          try {
            await sender.send(bodies(...textsOf(index)))
            if (++answered === killAfter) child?.kill('SIGKILL')
          } catch {
            left.push(index)
            return
          }
        }
      }
      await Promise.all(Array.from({ length: 4 }, send))
      sender.close()
      child.kill('SIGKILL')
      await gone
    }
    const seen = new Set(readFileSync(out, 'utf8').split('\n'))
    expect(
      Array.from({ length: requests }, (_, index) => textsOf(index))
        .flat()
        .filter((text) => !seen.has(text)),
    ).toEqual([])
  },
  60_000,
)

function overHttp(port: number) {
  const agent = new Agent({ keepAlive: true })
  return {
    async send(body: Buffer): Promise<void> {
      const asking = request({ agent, host: '127.0.0.1', port, path: '/v1/logs', method: 'POST', headers: protobuf })
      const answer = answerOf(asking)
      asking.end(body)
      expect((await answer).status).toBe(200)
    },
    close: () => agent.destroy(),
  }
}

function overGrpc(port: number) {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  return {
    send: (body: Buffer) =>
      new Promise<void>((resolve, reject) => {
        client.makeUnaryRequest(path, asItIs, asItIs, body, new Metadata(), (error) =>
          error === null ? resolve() : reject(error),
        )
      }),
    close: () => client.close(),
  }
}
