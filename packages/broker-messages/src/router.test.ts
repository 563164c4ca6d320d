import { batchOf, type Input, plainRecords } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { partitionOf } from './partition.ts'
import { Router } from './router.ts'

const routed = (router: Router, inputs: readonly Input[]) =>
  Object.fromEntries(
    router
      .routes(batchOf(inputs))
      .map(({ destination, batch }) => [destination, plainRecords(batch).map(({ body }) => body)]),
  )
const of = (host: string, body: string): Input => ({ body, attributes: { host } })

describe('the router', () => {
  it('leaves a batch whole where all of it goes to one place', () => {
    const batch = batchOf(['a'])
    const [route, ...others] = new Router({ template: 'logs', key: 'subject' }).routes(batch)
    expect([route?.destination, others]).toEqual(['logs', []])
    expect(route?.batch).toBe(batch)
  })

  it('groups records by the fields of the template, in order, made fit for their place', () => {
    const router = new Router({
      template: 'logs.{attributes.host}.{severityText}',
      key: 'subject',
      token: (text) => text.replaceAll('.', '_') || '_',
    })
    expect(routed(router, [of('a.b', '1'), of('c', '2'), of('a.b', '3'), '4'])).toEqual({
      'logs.a_b._': ['1', '3'],
      'logs.c._': ['2'],
      'logs._._': ['4'],
    })
  })

  it('keeps records of one key in one partition, and uses all partitions', () => {
    const router = new Router({
      template: 'p.{partition}',
      key: 'subject',
      partitions: 4,
      partitionBy: 'attributes.host',
    })
    const hosts = Array.from({ length: 100 }, (_, index) => `host-${index}`)
    const first = routed(
      router,
      hosts.map((host) => of(host, host)),
    )
    expect(Object.keys(first).sort()).toEqual(['p.0', 'p.1', 'p.2', 'p.3'])
    expect(
      routed(
        router,
        hosts.map((host) => of(host, host)),
      ),
    ).toEqual(first)
  })

  it('has the partitions of FNV-1a, whatever the text', () => {
    // From the test vectors of the draft: "a" is 0xe40c292c, "foobar" is 0xbf9cf968.
    expect([partitionOf('', 2 ** 32), partitionOf('a', 2 ** 32), partitionOf('foobar', 2 ** 32)]).toEqual([
      0x811c9dc5, 0xe40c292c, 0xbf9cf968,
    ])
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 1000 }), (key, count) => {
        expect(partitionOf(key, count)).toBeLessThan(count)
      }),
    )
  })

  it.each([
    [{ template: 'a.{partition}' }, 'subject has a {partition}, and nothing says which'],
    [
      { template: 'a', partitions: 2, partitionBy: 'body' },
      'partitions are configured, and subject has no {partition}',
    ],
  ])('refuses a template that does not go with the partitions', (options, message) => {
    expect(() => new Router({ key: 'subject', ...options })).toThrow(message)
  })

  it('says which destinations a template can have', () => {
    expect(Router.pattern('logs.{attributes.host}.{partition}')).toBe('logs.*.*')
  })
})
