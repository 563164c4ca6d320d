import { spawnSync } from 'node:child_process'
import { anyPort } from '@weir/line-listener/testing'
import { describe, expect, it } from 'vitest'
import { receiving } from './receiving.fixture.ts'

const udp = (keys: object = {}) => ({ udp: { ...anyPort, ...keys } })

describe('syslog over UDP', () => {
  it('takes every datagram for a message', async () => {
    const { received, datagrams } = await receiving(udp())
    await datagrams(
      '<13>one',
      '<13>two\n',
      '<13>three\0',
      '<13>a\nb\r\nc',
      '',
      '\n',
      Buffer.from([0x3c, 0x31, 0x3e, 0xff, 0x7f]),
    )
    await received(['<13>one', '<13>two', '<13>three', '<13>a#012b\r#012c', '<1>\u{fffd}\x7f'])
  })

  it('splits datagrams where it is told to', async () => {
    const { received, datagrams } = await receiving(udp({ one_log_per_packet: false }))
    await datagrams('<13>one\n<14>two\n')
    await received(['<13>one', '<14>two'])
  })

  it('drops what finds no room while the pipeline is held back, counted and said once', async () => {
    const { until, datagrams, output, meter, logger, texts } = await receiving(udp({ queue_size: '10KiB' }))
    output.block()
    const message = `<13>${'x'.repeat(996)}`
    await datagrams(...Array.from({ length: 30 }, () => message))
    await until(() => meter.total('weir_receiver_syslog_dropped_datagrams') > 0, true)
    output.open()
    await until(() => texts().length + meter.total('weir_receiver_syslog_dropped_datagrams'), 30)
    expect(texts().length).toBeGreaterThanOrEqual(10)
    expect(logger.lines.filter(({ fields }) => 'reason' in fields)).toHaveLength(1)
  })

  it('takes datagrams from allowed senders alone', async () => {
    const { until, datagrams, meter, texts } = await receiving({ ...udp(), allowed_senders: ['192.0.2.7'] })
    await datagrams('<13>one', '<13>two')
    await until(() => meter.total('weir_receiver_syslog_dropped_datagrams'), 2)
    expect(texts()).toEqual([])
  })

  it('tells who sent, where it is asked to, and keeps nothing of a sender that is silent', async () => {
    const { until, datagrams, output, texts } = await receiving({ ...udp(), add_attributes: true })
    for (let sender = 0; sender < 20; sender++) await datagrams(`<13>${sender}`)
    await until(() => texts().length, 20)
    expect(new Set(output.lines.map(({ source }) => source)).size).toBe(20)
    expect(output.attributes[0]).toMatchObject({ 'network.peer.address': '127.0.0.1', 'network.transport': 'udp' })
  })

  it.runIf(process.platform === 'linux')('reads of the kernel what it dropped', async () => {
    const { until, receiver, meter, texts, logger } = await receiving(udp({ receive_buffer_size: '8KiB' }))
    const send = `
      const socket = require('dgram').createSocket('udp4')
      let left = 500
      const next = () => left-- > 0 ? socket.send(Buffer.alloc(1000, 'x'), ${receiver.port('udp')}, '127.0.0.1', next) : socket.close()
      next()`
    // Nothing is read meanwhile: this process waits.
    spawnSync(process.execPath, ['-e', send])
    await until(() => texts().length > 0, true)
    await receiver.stop()
    const dropped = meter.total('weir_receiver_syslog_kernel_drops')
    expect(dropped).toBeGreaterThan(0)
    expect(dropped + texts().length).toBe(500)
    expect(logger.lines.some(({ message }) => message.includes('kernel dropped'))).toBe(true)
  })
})
