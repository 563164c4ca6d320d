import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { isRetryableError } from '@weir/sdk'
import { exporterContract, harness } from '@weir/sdk/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import plugin from './index.ts'

const received: string[] = []
let status = 200
const server = createServer(async (request, response) => {
  received.push(await text(request))
  response.writeHead(status).end()
})
const config = { url: '' }
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address === 'object' && address !== null) config.url = `http://127.0.0.1:${address.port}`
})
afterAll(() => server.close())

describe('my_plugin', () => {
  it('posts the bodies', async () => {
    await harness(plugin, { config }).feed(['one', 'two'])
    expect(received).toEqual(['one\ntwo'])
  })

  it('asks for another attempt when the service is overloaded', async () => {
    status = 503
    await expect(harness(plugin, { config }).feed(['one'])).rejects.toSatisfy(isRetryableError)
    status = 200
  })

  const failing = [{ name: 'nobody listens', config: { url: 'http://127.0.0.1:1' }, error: 'retryable' as const }]
  for (const { name, run } of exporterContract(plugin, { config, failing })) it(name, run)
})
