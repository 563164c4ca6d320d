import { createComponent, receiverContract } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import definition from './index.ts'

describe('syslog', () => {
  const config = { udp: { listen_address: '127.0.0.1:0' }, tcp: { listen_address: '127.0.0.1:0' } }
  for (const { name, run } of receiverContract(definition, { config })) it(name, run)

  it('wants to know where to listen', () => {
    expect(() => createComponent(definition)).toThrow(expect.objectContaining({ code: 'WEIR_SYSLOG_NO_TRANSPORT' }))
  })

  it('wants addresses that are some', () => {
    expect(() => createComponent(definition, { ...config, tcp: { listen_address: '127.0.0.1' } })).toThrow(
      expect.objectContaining({ code: 'WEIR_SYSLOG_ADDRESS', configPath: ['tcp', 'listen_address'] }),
    )
  })

  it('wants networks that are some', () => {
    expect(() => createComponent(definition, { ...config, allowed_senders: ['10.0.0.0/40'] })).toThrow(
      expect.objectContaining({ code: 'WEIR_SYSLOG_NETWORK', configPath: ['allowed_senders', 0] }),
    )
  })
})
