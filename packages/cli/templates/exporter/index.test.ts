import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { isRetryableError } from '@weir/sdk'
import { batchOf, createComponent, exporterContract } from '@weir/sdk/testing'
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
  const abortSignal = new AbortController().signal

  it('posts the bodies', async () => {
    await createComponent(plugin, config).export(batchOf(['one', 'two']), { abortSignal })
    expect(received).toEqual(['one\ntwo'])
  })

  it('asks for another attempt when the service is overloaded', async () => {
    status = 503
    const attempt = createComponent(plugin, config).export(batchOf(['one']), { abortSignal })
    await expect(attempt).rejects.toSatisfy(isRetryableError)
    status = 200
  })

  for (const { name, run } of exporterContract(plugin, { config })) it(name, run)
})
