import { describe, expect, it } from 'vitest'
import { AllowedSenders } from './allowed-senders.ts'

describe('AllowedSenders', () => {
  it('is everybody where nobody is named', () => {
    expect(new AllowedSenders('test', []).has('192.0.2.7')).toBe(true)
  })

  it.each([
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['10.255.0.1', true],
    ['11.0.0.1', false],
    ['::ffff:10.1.2.3', true],
    ['::ffff:11.1.2.3', false],
    ['fd00::1', true],
    ['FD00:0:0::1', true],
    ['fe80::1', false],
    ['', false],
    ['no address', false],
  ])('%s of 192.0.2.7, 10.0.0.0/8 and fd00::/8: %s', (sender, isAllowed) => {
    const allowed = new AllowedSenders('test', ['192.0.2.7', '10.0.0.0/8', 'fd00::/8'])
    expect([allowed.has(sender), allowed.has(sender)]).toEqual([isAllowed, isAllowed])
  })

  it.each(['', 'example.com', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8/8', 'fd00::/129', '10.0.0.0/8.5'])(
    'takes no network that is none: %j',
    (network) => {
      expect(() => new AllowedSenders('test', ['10.0.0.0/8', network])).toThrow(
        expect.objectContaining({ code: 'WEIR_TEST_NETWORK', configPath: ['allowed_senders', 1] }),
      )
    },
  )

  it('remembers no more senders than a few thousand', () => {
    const allowed = new AllowedSenders('test', ['10.0.0.0/8'])
    for (let index = 0; index < 20_000; index++) {
      expect(allowed.has(`10.0.${index >> 8}.${index & 255}`)).toBe(true)
    }
  })
})
