import { Buffer } from 'node:buffer'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RequestHeaders } from '@weir/sdk'
import { createComponent, extensionContract, testServices } from '@weir/sdk/testing'
import { hash } from 'bcryptjs'
import { afterAll, describe, expect, it } from 'vitest'
import { basicAuth } from './basic-auth.ts'
import { bearerAuth } from './bearer-auth.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-auth-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const basic = (name: string, password: string): RequestHeaders => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})
const bearer = (token: string): RequestHeaders => ({ authorization: `Bearer ${token}` })

async function started(definition: typeof basicAuth, config: object) {
  const services = testServices()
  const extension = createComponent(definition, config, services)
  await extension.start()
  const { authenticator } = extension
  if (authenticator === undefined) throw new Error('no authenticator')
  const who = async (headers: RequestHeaders) => (await authenticator.authenticate(headers))?.name
  return { ...services, challenge: authenticator.challenge, who }
}

/** Replaces a file as an editor does. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

describe('basic_auth', () => {
  const users = [
    { username: 'alice', password: 'open:sesame' },
    { username: 'böb', password: 'pässwörd' },
  ]
  for (const { name, run } of extensionContract(basicAuth, { config: { users } })) it(name, run)

  it('knows users by name and password', async () => {
    const { who, challenge } = await started(basicAuth, { users, realm: 'logs' })
    expect(challenge).toBe('Basic realm="logs", charset="UTF-8"')
    expect(await who(basic('alice', 'open:sesame'))).toBe('alice')
    expect(await who(basic('böb', 'pässwörd'))).toBe('böb')
    expect(await who({ authorization: String(basic('alice', 'open:sesame').authorization).replace('B', 'b') })).toBe(
      'alice',
    )
  })

  it.each([
    ['a wrong password', basic('alice', 'open')],
    ['an empty password', basic('alice', '')],
    ['another user', basic('mallory', 'open:sesame')],
    ['no header', {}],
    ['no user', { authorization: 'Basic YWxpY2U=' }],
    ['no base64', { authorization: 'Basic ä' }],
    ['another scheme', bearer('open:sesame')],
    ['a name of JavaScript', basic('__proto__', 'x')],
  ])('does not know %s', async (_, headers) => {
    const { who } = await started(basicAuth, { users })
    expect(await who(headers)).toBeUndefined()
  })

  it('knows users of an htpasswd, and of a file as it is now', async () => {
    const path = join(folder, 'htpasswd')
    const line = async (name: string, password: string) =>
      `${name}:${(await hash(password, 4)).replace('$2b', '$2y')}\n`
    writeFileSync(path, `# people\n${await line('carol', 'one')}`)
    const { who, clock, logger } = await started(basicAuth, {
      htpasswd: { file: path, inline: await line('dave', 'two') },
    })
    expect(await who(basic('carol', 'one'))).toBe('carol')
    expect(await who(basic('carol', 'one'))).toBe('carol')
    expect(await who(basic('carol', 'two'))).toBeUndefined()
    expect(await who(basic('dave', 'two'))).toBe('dave')
    expect(await who(basic('erin', 'two'))).toBeUndefined()
    replace(path, await line('carol', 'three'))
    await clock.advance(1000)
    expect(await who(basic('carol', 'one'))).toBeUndefined()
    expect(await who(basic('carol', 'three'))).toBe('carol')
    replace(path, 'carol:plain\n')
    await clock.advance(1000)
    expect(await who(basic('carol', 'three'))).toBe('carol')
    rmSync(path)
    await clock.advance(1000)
    expect(await who(basic('carol', 'three'))).toBe('carol')
    expect(logger.lines.filter(({ level }) => level === 'error')).toHaveLength(2)
  })

  it('does not let many wrong passwords wait in line', async () => {
    const { who } = await started(basicAuth, { htpasswd: { inline: `carol:${await hash('one', 4)}` } })
    expect(await who(basic('carol', 'one'))).toBe('carol')
    const attack = Promise.all(Array.from({ length: 100 }, (_, index) => who(basic('carol', `wrong ${index}`))))
    expect(await who(basic('carol', 'one'))).toBe('carol')
    expect(new Set(await attack)).toEqual(new Set([undefined]))
  })

  it('says what is wrong with its config', async () => {
    expect(() => createComponent(basicAuth)).toThrow(expect.objectContaining({ code: 'WEIR_AUTH_EMPTY' }))
    expect(() => createComponent(basicAuth, { htpasswd: { inline: '\ncarol:$apr1$x$y' } })).toThrow(
      expect.objectContaining({
        ...{ message: 'line 2 has no hash by bcrypt for carol', code: 'WEIR_AUTH_HTPASSWD' },
        configPath: ['htpasswd', 'inline'],
      }),
    )
    const file = join(folder, 'wrong')
    writeFileSync(file, 'carol\n')
    await expect(started(basicAuth, { htpasswd: { file } })).rejects.toMatchObject({
      message: `basic_auth: the file ${file} cannot be used: line 1 has no name and no colon`,
      code: 'WEIR_AUTH_HTPASSWD',
    })
    await expect(started(basicAuth, { htpasswd: { file: join(folder, 'missing') } })).rejects.toMatchObject({
      code: 'WEIR_AUTH_FILE',
      component: 'basic_auth',
    })
  })
})

describe('bearer_auth', () => {
  const config = { token: 'first', tokens: ['second', 'third'] }
  for (const { name, run } of extensionContract(bearerAuth, { config })) it(name, run)

  it('knows tokens, and no others', async () => {
    const { who, challenge } = await started(bearerAuth, config)
    expect(challenge).toBe('Bearer')
    expect(await who(bearer('first'))).toBe('token 1')
    expect(await who({ authorization: 'bearer third' })).toBe('token 3')
    for (const headers of [
      bearer(''),
      bearer('fir'),
      bearer('first2'),
      basic('first', ''),
      {},
      { authorization: 'first' },
    ])
      expect(await who(headers)).toBeUndefined()
  })

  it('takes another header and scheme', async () => {
    const { who } = await started(bearerAuth, { ...config, header: 'X-Key', scheme: 'Token' })
    expect(await who({ 'x-key': 'Token first' })).toBe('token 1')
    expect(await who(bearer('first'))).toBeUndefined()
  })

  it('knows the tokens that a file has now', async () => {
    const path = join(folder, 'tokens')
    writeFileSync(path, '# shippers\nalpha\r\n\nbeta')
    const { who, clock } = await started(bearerAuth, { filename: path })
    expect([await who(bearer('alpha')), await who(bearer('beta'))]).toEqual([
      'token 1 of the file',
      'token 2 of the file',
    ])
    expect(await who(bearer('#'))).toBeUndefined()
    replace(path, 'gamma\n')
    await clock.advance(999)
    expect(await who(bearer('alpha'))).toBe('token 1 of the file')
    await clock.advance(1)
    expect(await who(bearer('alpha'))).toBeUndefined()
    expect(await who(bearer('gamma'))).toBe('token 1 of the file')
  })

  it('wants a token at least', () => {
    expect(() => createComponent(bearerAuth)).toThrow(expect.objectContaining({ code: 'WEIR_AUTH_EMPTY' }))
  })
})
