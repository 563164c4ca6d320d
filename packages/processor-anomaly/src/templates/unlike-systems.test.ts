import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { TemplateMiner } from './template-miner.ts'

/** Which messages are of one kind at the end: numbers in the order in which the kinds came. */
function kindsOf(messages: readonly string[]): number[] {
  const miner = new TemplateMiner(1000)
  const templates = messages.map((message) => {
    const bytes = Buffer.from(`${message}\n`)
    return miner.add(bytes, 0, bytes.length - 1).template
  })
  const ids = templates.map(({ current }) => current.id)
  const kinds = [...new Set(ids)]
  return ids.map((id) => kinds.indexOf(id))
}

/** Messages that people would take for kinds of messages, by kind. */
const labelled: { readonly [system: string]: readonly (readonly string[])[] } = {
  'a proxy on a desktop': [
    [
      'mail.example.com:443 open through proxy gate.example.hk:8080 HTTPS',
      'gate.example.hk:8080 open through proxy gate.example.hk:8080 HTTPS',
      'printer.office:631 open through proxy gate.example.hk:8080 HTTPS',
    ],
    [
      'mail.example.com:443 close, 512 bytes sent, 90 bytes received, lifetime <1 sec',
      'files.example.jp:80 close, 1331 bytes (1.30 KB) sent, 90412 bytes (88.2 KB) received, lifetime 01:12',
    ],
  ],
  'a cluster of computers': [
    [
      'Targeting domains:node-D1 and nodes:node-7 child of command 31',
      'Targeting domains:node-D0 and nodes:node-[4-19] child of command 32',
    ],
    ['Fan speeds ( 3391 3462 3510 )', 'Fan speeds ( 3391 3462 )'],
    ['Link in reset'],
    ['Link ok'],
  ],
  'a telephone': [
    [
      'acquire lock=17, flags=0x1, tag=view, name=com.example.ui, ws=null, uid=10, pid=4',
      'acquire lock=18, flags=0x0, tag=radio, name=com.example.phone, ws=Source, uid=10, pid=4',
      'acquire lock=19, flags=0x1, tag=*launch*, name=base, ws=null, uid=11, pid=4',
      'acquire lock=20, flags=0x1, tag=audio, name=com.example.music, ws=Source, uid=12, pid=5',
      'acquire lock=21, flags=0x1, tag=alarm, name=com.example.clock, ws=null, uid=12, pid=5',
    ],
    [
      'Skipping Window{91ab u0 com.example.news/.list.Main t7} -- going to hide',
      'Skipping Window{31cc u0 com.example.maps/.Main t9} -- going to hide',
    ],
  ],
  'a cloud': [
    ['[instance: 4f1c2b3a-0000-4e4e-8a8a-0123456789ab] VM Started (Lifecycle Event)'],
    ['[instance: 4f1c2b3a-0000-4e4e-8a8a-0123456789ab] VM Paused (Lifecycle Event)'],
    ['[instance: 4f1c2b3a-0000-4e4e-8a8a-0123456789ab] VM Resumed (Lifecycle Event)'],
    ['[instance: 4f1c2b3a-0000-4e4e-8a8a-0123456789ab] VM Stopped (Lifecycle Event)'],
    ['[instance: 4f1c2b3a-0000-4e4e-8a8a-0123456789ab] VM Terminated (Lifecycle Event)'],
  ],
  'a kernel that starts': [
    ['PCI Interrupt 0000:00:1d.0[A] -> GSI 16 (level, low) -> IRQ 169'],
    ['PCI Interrupt 0000:00:1d.1[B] -> GSI 19 (level, low) -> IRQ 169'],
    ['Server listening on 0.0.0.0 port 22.', 'Server listening on :: port 22.'],
  ],
}

describe('systems that are unlike each other', () => {
  it.each(Object.entries(labelled))('knows the kinds of messages of %s', (_, kinds) => {
    const messages = kinds.flatMap((kind, index) => kind.map((message) => ({ message, index })))
    expect(kindsOf(messages.map(({ message }) => message))).toEqual(messages.map(({ index }) => index))
  })

  it('takes words that each come again and again, and no others, for states', () => {
    const states = ['primary', 'secondary', 'arbiter']
    const messages = Array.from({ length: 60 }, (_, index) => `member of the set is ${states[index % 3]} since now`)
    expect(new Set(kindsOf([...messages, 'member of the set is standby since now'])).size).toBe(4)
    const names = Array.from(
      { length: 12 },
      (_, index) => `member of the set is ${String.fromCharCode(107 + index).repeat(3)} since now`,
    )
    expect(new Set(kindsOf(names)).size).toBe(1)
  })
})
