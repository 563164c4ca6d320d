import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttributeValue } from '@weir/sdk'
import { createComponent, harness, processorContract, testServices } from '@weir/sdk/testing'
import { afterAll, describe, expect, it } from 'vitest'
import enrich from './index.ts'
import { mmdb } from './mmdb.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-enrich-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = (name: string, content: string | Buffer) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const hosts = file('hosts.csv', '\ufeffhost,owner,tier\nweb-1,"Team, A",1\ndb-1,Team B,\n__proto__,Team C,3\n')
const places = file(
  'places.mmdb',
  mmdb({
    '203.0.113.0/24': {
      continent: { code: 'EU' },
      country: { iso_code: 'DE', names: { en: 'Germany' } },
      subdivisions: [{ iso_code: 'BE', names: { en: 'Land Berlin' } }],
      city: { names: { en: 'Berlin' } },
      postal: { code: '10115' },
      location: { latitude: 52.5, longitude: 13.4, time_zone: 'Europe/Berlin' },
    },
    '2001:db8/32': { autonomous_system_number: 64496, autonomous_system_organization: 'Example' },
  }),
)
const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'
const table = { path: hosts, key_column: 'host', field: 'attributes.host' }
const enriched = async (config: object, attributes: { [name: string]: AttributeValue }) => {
  const one = harness(enrich, { config })
  const { records } = await one.feed([{ attributes }])
  await one.stop()
  return records[0]?.attributes
}

for (const { name, run } of processorContract(enrich, {
  inputs: [
    { attributes: { host: 'web-1', 'client.address': '203.0.113.9', 'user_agent.original': chrome } },
    { attributes: { host: 5 } },
  ],
  config: { tables: [table], geoip: [{ database: places }], user_agent: {} },
}))
  it(`contract: ${name}`, run)

describe('enrich', () => {
  it('adds the columns of the row that a field leads to, and nothing where a cell or row is missing', async () => {
    const config = { tables: [table] }
    expect(await enriched(config, { host: 'web-1' })).toEqual({ host: 'web-1', owner: 'Team, A', tier: '1' })
    expect(await enriched(config, { host: 'db-1' })).toEqual({ host: 'db-1', owner: 'Team B' })
    expect(await enriched(config, { host: 'x' })).toEqual({ host: 'x' })
    expect((await enriched(config, { host: '__proto__' }))?.owner).toBe('Team C')
  })

  it('adds the columns that are named, with a prefix', async () => {
    const config = { tables: [{ ...table, columns: ['owner'], prefix: 'host.' }] }
    expect(await enriched(config, { host: 'web-1' })).toEqual({ host: 'web-1', 'host.owner': 'Team, A' })
  })

  it.each([
    ['no file', { ...table, path: join(folder, 'nope.csv') }, 'WEIR_ENRICH_FILE'],
    ['no such column', { ...table, key_column: 'nope' }, 'WEIR_ENRICH_TABLE'],
    ['no CSV', { ...table, path: file('bad.csv', 'a,b\n"x') }, 'WEIR_ENRICH_TABLE'],
  ])('does not start with %s', async (_, given, code) => {
    const processor = createComponent(enrich, { tables: [given] })
    await expect(processor.start?.()).rejects.toMatchObject({ code })
  })

  it('reads a table again when it has changed, and keeps what it has when that goes wrong', async () => {
    const path = file('changing.csv', 'host,owner\na,one\n')
    const services = testServices()
    const one = harness(enrich, { config: { tables: [{ ...table, path }] }, services })
    const owner = async () => (await one.feed([{ attributes: { host: 'a' } }])).records[0]?.attributes.owner
    const messages = () => services.logger.lines.map(({ level }) => level)
    expect(await owner()).toBe('one')
    file('changing.csv', 'host,owner\na,number two\n')
    await services.clock.advance(10_000)
    await expect.poll(messages).toEqual(['info'])
    expect(await owner()).toBe('number two')
    file('changing.csv', 'nothing')
    await services.clock.advance(10_000)
    await expect.poll(messages).toEqual(['info', 'warn'])
    expect(await owner()).toBe('number two')
    await one.stop()
  })

  it('says where an address is, and whose', async () => {
    const config = { geoip: [{ database: places }] }
    expect(await enriched(config, { 'client.address': '203.0.113.9' })).toEqual({
      'client.address': '203.0.113.9',
      'geo.continent.code': 'EU',
      'geo.country.iso_code': 'DE',
      'geo.country.name': 'Germany',
      'geo.region.iso_code': 'DE-BE',
      'geo.region.name': 'Land Berlin',
      'geo.locality.name': 'Berlin',
      'geo.postal_code': '10115',
      'geo.location.lat': 52.5,
      'geo.location.lon': 13.4,
      'geo.timezone': 'Europe/Berlin',
    })
    expect(await enriched(config, { 'client.address': '2001:db8::7' })).toMatchObject({
      'as.number': 64496,
      'as.organization.name': 'Example',
    })
    for (const unknown of ['198.51.100.1', '::1', 'no address', '203.0.113.9:80'])
      expect(await enriched(config, { 'client.address': unknown })).toEqual({ 'client.address': unknown })
  })

  it('does not start with a database that is none', async () => {
    const database = file('bad.mmdb', 'nothing of that kind')
    const processor = createComponent(enrich, { geoip: [{ database }] })
    await expect(processor.start?.()).rejects.toMatchObject({ code: 'WEIR_ENRICH_DATABASE' })
  })

  it.each([
    [chrome, { name: 'Chrome', version: '131.0.0.0', 'os.name': 'Windows', 'os.version': '10' }],
    ['curl/8.11.0', { name: 'curl', version: '8.11.0' }],
    [
      'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
      { name: 'Googlebot', version: '2.1', 'synthetic.type': 'bot' },
    ],
    ['', {}],
    ['-', {}],
  ])('reads the user agent %s', async (agent, expected) => {
    const attributes = await enriched({ user_agent: {} }, { 'user_agent.original': agent })
    const entries = Object.entries(expected).map(([name, value]) => [`user_agent.${name}`, value])
    expect(attributes).toEqual({ 'user_agent.original': agent, ...Object.fromEntries(entries) })
  })
})
