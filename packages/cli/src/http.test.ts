import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { Folder } from './command.fixture.ts'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const token = 'a-token-of-a-test'

/** A collector that takes lines over HTTP from those who have a token, and says how it fares. */
async function config(exporters: object) {
  const port = await freePort()
  const health = await freePort()
  const weir = {
    receivers: { http: { endpoint: `127.0.0.1:${port}`, parser: 'json', auth: { authenticator: 'bearer_auth' } } },
    extensions: {
      bearer_auth: { filename: 'tokens' },
      health: { endpoint: `127.0.0.1:${health}`, max_circuit_open: '1ms' },
    },
    exporters,
    service: {
      shutdown_timeout: '200ms',
      pipelines: { logs: { receivers: ['http'], exporters: Object.keys(exporters) } },
    },
  }
  const post = async (body: string, authorization = `Bearer ${token}`) =>
    (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body, headers: { authorization } })).status
  const readiness = async (): Promise<{ status: number; reasons: string[] } | undefined> => {
    const answer = await fetch(`http://127.0.0.1:${health}/readyz`).catch(() => undefined)
    return answer && { ...JSON.parse(await answer.text()), status: answer.status }
  }
  const liveness = async () => (await fetch(`http://127.0.0.1:${health}/livez`)).status
  return { weir, post, readiness, liveness }
}

it('what was acknowledged over HTTP is there after kill -9', async () => {
  using folder = new Folder()
  const { weir, post, readiness } = await config({ file: { path: 'out.ndjson' } })
  folder.write('weir.json', weir)
  folder.write('tokens', `${token}\n`)
  const command = folder.start(['run', '-q'])
  await expect.poll(readiness).toMatchObject({ status: 200 })
  expect(await post('{"n":-1}', 'Bearer another')).toBe(401)
  const acknowledged: number[] = []
  let next = 0
  const client = async () => {
    for (;;) {
      const n = next++
      const status = await post(`{"n":${n}}\n`).catch(() => 0)
      if (status === 0) return
      if (status === 204) acknowledged.push(n)
    }
  }
  const clients = [client(), client(), client(), client()]
  await expect.poll(() => acknowledged.length).toBeGreaterThan(200)
  command.kill('SIGKILL')
  await Promise.all(clients)
  const written = readFileSync(folder.file('out.ndjson'), 'utf8').split('\n').slice(0, -1)
  const there = new Set(written.map((line) => JSON.parse(line).attributes.n))
  expect(acknowledged.filter((n) => !there.has(n))).toEqual([])
  expect(there.has(-1)).toBe(false)
})

it('a collector whose sink is down is alive and not ready, and says why', async () => {
  using folder = new Folder()
  const down = `http://127.0.0.1:${await freePort()}/`
  const { weir, post, readiness, liveness } = await config({
    webhook: {
      url: down,
      circuit_breaker: { failure_threshold: 1, open_duration: '1m' },
    },
  })
  folder.write('weir.json', weir)
  folder.write('tokens', token)
  folder.start(['run', '-q'])
  await expect.poll(readiness).toMatchObject({ status: 200, reasons: [] })
  post('{"n":1}').catch(() => {})
  await expect.poll(readiness).toMatchObject({
    status: 503,
    reasons: [expect.stringMatching(/^the circuit of webhook has been open for \d+ s$/)],
  })
  expect(await liveness()).toBe(200)
})

it('a receiver that names no authenticator is explained before anything starts', async () => {
  using folder = new Folder()
  const { weir } = await config({ file: { path: 'out.ndjson' } })
  const { extensions: _, ...without } = weir
  folder.write('weir.json', without)
  const { code, stderr, stdout } = await folder.weir('validate')
  expect({
    code,
    said: `${stdout}${stderr}`.includes('http names the authenticator "bearer_auth", which is not defined'),
  }).toEqual({
    code: 2,
    said: true,
  })
  expect(existsSync(folder.file('out.ndjson'))).toBe(false)
})
