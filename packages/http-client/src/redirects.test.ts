import { readFileSync } from 'node:fs'
import { isPermanentError } from '@weir/sdk'
import { describe, expect, it } from 'vitest'
import { answer, clientOf, ok, outcome, testdata, thrown } from './client.fixture.ts'
import { isPrivateAddress, publicLookup } from './private-address.ts'
import { HttpServer } from './testing/http-server.ts'

describe('redirects', () => {
  const allowed = { allow_private_redirects: true }
  /** A server that redirects, and one that it redirects to. */
  async function pair(status: number, location: (target: HttpServer, own: HttpServer) => string) {
    const target = await HttpServer.start(ok)
    const server: HttpServer = await HttpServer.start((request, response) => {
      if (request.path === '/end') response.end()
      else response.writeHead(status, { location: location(target, server) }).end()
    })
    return {
      server,
      target,
      [Symbol.asyncDispose]: async () =>
        void (await Promise.all([server, target].map((one) => one[Symbol.asyncDispose]()))),
    }
  }

  it.each([301, 302, 307, 308])(
    'of %i are followed with method and body, without secret headers to another origin',
    async (status) => {
      await using both = await pair(status, (target) => target.url('/there'))
      const headers = { Authorization: 'Bearer x', 'X-Api-Key': 'y' }
      await using client = clientOf({ ...allowed, url: both.server.url(), headers })
      await client.send()
      const [first] = both.server.requests
      expect(both.target.requests).toMatchObject([{ method: 'POST', path: '/there', body: first?.body }])
      const secrets = [first, ...both.target.requests].map((request) => [
        request?.headers.authorization,
        request?.headers['x-api-key'],
      ])
      expect(secrets).toEqual([
        ['Bearer x', 'y'],
        [undefined, undefined],
      ])
    },
  )

  it('keep secret headers on the same origin', async () => {
    await using both = await pair(308, () => '/end')
    await using client = clientOf({ ...allowed, url: both.server.url(), headers: { Authorization: 'Bearer x' } })
    await client.send()
    expect(both.server.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/hook', 'Bearer x'],
      ['/end', 'Bearer x'],
    ])
  })

  it('never lead to a private address, by number or by name', async () => {
    for (const host of [
      '127.0.0.1',
      'localhost',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '2130706433',
      '0x7f.1',
      '10.0.0.1',
      '169.254.169.254',
    ]) {
      await using both = await pair(307, (target) => `http://${host}:${target.port}/`)
      await using client = clientOf({ url: both.server.url() })
      const error = await thrown(client.send())
      expect([host, isPermanentError(error), error.code]).toEqual([host, true, 'WEIR_HTTP_REDIRECT'])
      expect(error.hint).toMatch(/allow_private_redirects/)
      expect(both.target.requests).toEqual([])
    }
  })

  it('are followed so many times and no more', async () => {
    await using both = await pair(307, (_, own) => own.url())
    await using client = clientOf({ ...allowed, url: both.server.url(), max_redirects: 2 })
    expect((await thrown(client.send())).message).toMatch(/redirects more than 2 times/)
    expect(both.server.requests).toHaveLength(3)
  })

  it('are answers like others with max_redirects: 0, and where no place is named', async () => {
    expect((await outcome(answer(302, { location: 'http://example.com' }), { max_redirects: 0 })).message).toMatch(
      /answered 302/,
    )
    expect((await outcome(answer(302), allowed)).message).toMatch(/answered 302/)
    expect((await outcome(answer(303, { location: '/x' }), allowed)).message).toMatch(/answered 303/)
    expect((await outcome(answer(302, { location: 'file:///etc/passwd' }), allowed)).message).toMatch(/no web address/)
  })

  it('never lead from https to http', async () => {
    await using target = await HttpServer.start(ok)
    await using server = await HttpServer.start(answer(307, { location: target.url() }), {
      key: readFileSync(`${testdata}server.key`),
      cert: readFileSync(`${testdata}server.crt`),
    })
    await using client = clientOf({ ...allowed, url: server.url(), tls: { ca_file: 'server.crt' } })
    expect((await thrown(client.send())).message).toMatch(/from https to http/)
    expect(target.requests).toEqual([])
  })
})

it('knows which addresses are private', () => {
  const are = (addresses: string) => addresses.split(' ').map(isPrivateAddress)
  expect(
    are(
      '127.0.0.1 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 ::1 :: fe80::1 fe80::1%eth0 fd00::1 ::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1:: ff02::1',
    ),
  ).not.toContain(false)
  expect(
    are('8.8.8.8 ::ffff:8.8.8.8 172.15.0.1 172.32.0.1 100.128.0.1 223.255.255.255 2606:4700::1111 2a00:1450::1'),
  ).not.toContain(true)
})

it('looks up names for one address or all, and refuses private ones either way', async () => {
  for (const all of [false, true]) {
    const error = await new Promise((resolve) => publicLookup('localhost', { all }, resolve))
    expect(isPermanentError(error)).toBe(true)
  }
})
