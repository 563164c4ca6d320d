import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random } from '../testing/traffic.ts'
import { TemplateMiner } from './template-miner.ts'

const add = (miner: TemplateMiner, message: string) => {
  const bytes = Buffer.from(message)
  return miner.add(bytes, 0, bytes.length)
}
const mine = (messages: readonly string[], miner = new TemplateMiner(1000)) => {
  const found = messages.map((message) => add(miner, message).template)
  return { miner, ids: found.map(({ current }) => current.id), texts: found.map(({ current }) => current.text) }
}
const together = (...messages: string[]) => new Set(mine(messages).ids).size === 1

describe('values', () => {
  it.each([
    ['numbers', 'took 7 ms', 'took 1200 ms', 'took 3.5 s'],
    ['addresses', 'connect to 10.0.0.1:80', 'connect to 192.168.7.12', 'connect to fe80::1:2'],
    ['identifiers', 'block blk_-387 deleted', 'block blk_99213 deleted'],
    ['UUIDs', 'job 01234567-89ab-cdef-0123-456789abcdef done', 'job fedcba98-89ab-cdef-aaaa-456789abcdef done'],
    ['hexadecimal numbers', 'hash deadbeef ok', 'hash 0x1f ok', 'hash 99aa ok'],
    ['paths', 'open /etc/passwd failed', 'open /a/b/c.txt failed', 'open / failed', 'open ./x failed'],
    ['URLs', 'fetch https://example.com/a?b=c done', 'fetch https://x.org:8080/q done'],
    ['e-mail addresses and hosts', 'mail from ann@example.com', 'mail from mail.example.com', 'mail from b.c@d.org'],
    ['dates', 'until Mon Jan 5 10:00:00 2026 UTC', 'until Fri Dec 31 23:59:59 2027 GMT'],
    ['sizes with units', 'free 319.6 KB of 4 GB', 'free 12 MB of 512 MB'],
    ['lists of any length', 'nodes [1, 2, 3] up', 'nodes [17] up', 'nodes [4, 5, 6, 7, 8] up'],
    ['names of users', 'session opened for user ann by root', 'session opened for user bob by root'],
    ['hardware addresses', 'port FF:F2:9F:16 on', 'port FE:DC:BA:00 on'],
  ])('takes %s for values', (_, ...messages) => {
    expect(together(...messages)).toBe(true)
  })

  it('names them in the template', () => {
    const { texts } = mine([
      'user 17 (ann@example.com) from 10.0.0.1 opened /etc/hosts in 3ms,4KB, id a1b2-x, at 10:00:00',
    ])
    expect(texts).toEqual(['user <num> (<email>) from <ip> opened <path> in <duration>,<size>, id <id>, at <time>'])
  })

  it('keeps words, names of classes and keys with digits', () => {
    expect(together('org.example.Main started', 'org.example.Other started')).toBe(false)
    expect(together('r24=0x1 r25=0x2', 'r26=0x1 r27=0x2')).toBe(false)
    expect(together('Input/output error', 'Bad/output error')).toBe(false)
  })
})

describe('words', () => {
  const users = ['ann', 'bob', 'cyd', 'dan', 'eve', 'fay', 'gil', 'hal', 'ida', 'joe', 'kim', 'lee', 'max']

  it('finds that a word is a value when enough have stood in its place', () => {
    const messages = users.map((user) => `session opened for account ${user} by login`)
    expect(new Set(mine(messages.slice(0, 3)).ids).size).toBe(3)
    const { texts, miner } = mine(messages)
    expect(new Set(texts)).toEqual(new Set(['session opened for account <*> by login']))
    expect(miner.templates.map(({ count }) => count)).toEqual([users.length])
    expect(add(miner, 'session opened for account zoe by login').isNew).toBe(false)
  })

  it('wants more evidence where fewer other words say that messages are alike', () => {
    expect(new Set(mine(users.map((user) => `${user} started`)).ids).size).toBe(users.length)
    expect(new Set(mine(users.slice(0, 6).map((user) => `service ${user} has started`)).ids).size).toBe(6)
    expect(new Set(mine(users.map((user) => `service ${user} has started`)).ids).size).toBe(1)
  })

  it('lets templates that have come to be the same become one', () => {
    const { miner } = mine([
      'login of user 0101 failed at door',
      ...users.map((user) => `login of user ${user} failed at door`),
    ])
    expect(miner.size).toBe(1)
    expect(miner.templates[0]?.count).toBe(users.length + 1)
  })

  it('tells what is new from what only varies', () => {
    const miner = new TemplateMiner(100)
    const seen = (message: string) => {
      const { isNew, isVariation } = add(miner, message)
      return [isNew, isVariation]
    }
    expect(seen('the quick fox jumps over dogs')).toEqual([true, false])
    expect(seen('the quick fox jumps over dogs')).toEqual([false, false])
    expect(seen('the quick cat jumps over dogs')).toEqual([true, true])
    expect(seen('disk is full')).toEqual([true, false])
  })
})

it('looks at the first line only', () => {
  const { ids, texts } = mine(['failed: timeout\n  at a (b.js:1)', 'failed: timeout\n  at other'])
  expect(new Set(ids).size).toBe(1)
  expect(texts[0]).toBe('failed: timeout')
})

it('gives the same ids on any machine, after a restart, and wherever the message stands in memory', () => {
  const messages = ['a message of 5 words', 'another one', 'a message of 6 words']
  const { ids, miner } = mine(messages)
  expect(mine([...messages].reverse()).ids.reverse()).toEqual(ids)
  const stored = new TemplateMiner(1000)
  stored.restore(JSON.parse(JSON.stringify(miner.snapshot())))
  expect(mine(messages, stored).ids).toEqual(ids)
  expect(stored.templates.map(({ count }) => count)).toEqual([4, 2])
  const bytes = Buffer.from(`1${messages[1]}1`)
  expect(miner.add(bytes, 1, bytes.length - 1).template.id).toBe(ids[1])
})

it('goes on after a restart as if there had been none', () => {
  const next = random(5)
  const word = () => ['red', 'green', 'blue', 'grey', 'pink', 'gold', 'teal'][Math.floor(next() * 7)]
  const messages = Array.from({ length: 300 }, (_, index) =>
    index % 3 === 0 ? `paint ${word()} over ${word()} by hand today` : `lamp ${word()} of kind ${word()} is on`,
  )
  const whole = mine(messages).miner.snapshot()
  for (const cut of [1, 10, 50, 150, 299]) {
    const before = mine(messages.slice(0, cut)).miner
    const after = new TemplateMiner(1000)
    after.restore(JSON.parse(JSON.stringify(before.snapshot())))
    expect(mine(messages.slice(cut), after).miner.snapshot()).toEqual(whole)
  }
})

it('remembers no more than it may, and forgets what was not seen for longest', () => {
  const miner = new TemplateMiner(64)
  const letters = (index: number) => [...String(index)].map((digit) => 'ghijklmnop'[Number(digit)]).join('')
  for (let index = 0; index < 3000; index++) {
    add(miner, 'often seen')
    add(miner, `${letters(index)} ${letters(index * 7)} z${letters(index * 3)}`)
    expect(miner.size).toBeLessThanOrEqual(64)
  }
  expect(add(miner, 'often seen').isNew).toBe(false)
})

it('stops learning from a stream without a pattern, and goes on with what it knows', () => {
  const miner = new TemplateMiner(500)
  const letters = (index: number) => [...String(index)].map((digit) => 'ghijklmnop'[Number(digit)]).join('')
  let fresh = 0
  for (let index = 0; index < 10_000; index++) if (add(miner, `x ${letters(index)} ${letters(index)}`).isNew) fresh++
  expect(fresh).toBeLessThan(5000)
  expect(add(miner, `never ${letters(1)} seen`).template.text).toBe('(other messages)')
})

it('takes any bytes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('/', '.', './', 'a.', '=', 'a1=', '::'))),
      (parts) => {
        const miner = new TemplateMiner(100)
        const message = parts.join('')
        expect(add(miner, message).template.id).toBe(add(miner, `${message}\n`).template.id)
        expect(miner.size).toBe(1)
        expect(miner.templates[0]?.text).not.toContain('\n')
      },
    ),
  )
})

describe('what is known of a template', () => {
  it('has what stood in its places for values', () => {
    const { miner } = mine(['user 17 opened /etc/hosts in 3 ms'])
    const [template] = miner.templates
    if (template === undefined) throw new Error('no template')
    expect(template.example).toBe('user 17 opened /etc/hosts in 3 ms')
    expect(miner.parameters(template, 'user 9 opened /tmp/a b in 70 s')).toEqual([])
    expect(miner.parameters(template, 'user 9 opened /tmp/a in 70 s')).toEqual(['9', '/tmp/a', '70 s'])
  })
})
