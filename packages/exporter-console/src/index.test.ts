import { stripVTControlCharacters } from 'node:util'
import { type Alert, appendAlert, LogBatch, type RunMode } from '@weir/sdk'
import { batchOf, createComponent, exporterContract, type Input, testServices } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertCard } from './alert-card.ts'
import { cut, widthOf } from './columns.ts'
import consoleDefinition from './index.ts'
import { Palette, usesColor } from './palette.ts'
import { recordLine } from './record-line.ts'

const time = Date.UTC(2026, 10, 24, 14, 13, 19, 123)
const abortSignal = new AbortController().signal

const alert: Alert = {
  id: 'a1',
  fingerprint: 'f1',
  rule: 'error_rate/api',
  state: 'firing',
  severity: 'critical',
  title: 'error rate 14 % (usually 0.4 %)',
  time,
  startedAt: time - 90_000,
  count: 3,
  group: { 'attributes.url.path': '/pay' },
  observed: '14 %',
  expected: '0.4 %',
  score: 8.23456,
  evidence: { window: '1m', errors: 120 },
  samples: ['one', 'two', 'three', 'four'],
}

function alertsOf(...alerts: Alert[]): LogBatch {
  const batch = new LogBatch({ signal: 'alerts' })
  for (const one of alerts) appendAlert(batch, one)
  return batch
}

function consoleOf(config: object = {}, isTerminal = false) {
  const mode: RunMode = { once: false, isTerminal, baseDir: '/' }
  const services = testServices({ overrides: { run_mode: mode } })
  const exporter = createComponent(consoleDefinition, { color: 'never', ...config }, services)
  const show = (batch: LogBatch) => exporter.export(batch, { abortSignal })
  return { services, exporter, show, lines: () => services.terminal.text.split('\n').slice(0, -1) }
}

const plainCard = (one: Alert, columns = 100) => alertCard(one, { palette: new Palette(false), columns, maxSamples: 3 })

const plainLine = (input: Input, columns = Number.POSITIVE_INFINITY): string => {
  const [line = ''] = Array.from(batchOf([input]), (record) => recordLine(record, new Palette(false), columns))
  return line
}

/** Text in which everything that a terminal might act on is frequent. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc
    .array(
      fc.constantFrom(
        '\u001b[31m',
        '\u001b]0;t\u0007',
        '\u001b]8;;http://x\u001b\\',
        '\u001bP',
        '\u009b2J',
        '\u009d0;',
        '\u009c',
        '\u001b',
        '[',
        ']',
        ';',
        '0',
        'm',
        '\r',
        '\n',
        '\t',
        '\b',
        '\u007f',
        '\u0085',
        '\u202e',
        '\u2066',
        '\u200f',
        '\ud800',
        '\udc00',
        '\u2028',
        '\u{e0041}',
        'a',
        '東',
        '😀',
        'e\u0301',
      ),
      { maxLength: 30 },
    )
    .map((parts) => parts.join('')),
)
const harmful = /(?!\n)[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f]/u

describe('the console exporter', () => {
  for (const { name, run } of exporterContract(consoleDefinition, {})) it(name, run)

  it('shows an alert as a card', async () => {
    const { show, lines } = consoleOf()
    await show(alertsOf(alert))
    expect(lines()).toEqual([
      '',
      '┃  CRITICAL  error rate 14 % (usually 0.4 %)',
      '┃ 2026-11-24 14:13:19.123Z  error_rate/api  url.path=/pay  reported 3 times in 1m 30s',
      '┃ observed 14 %   expected 0.4 %   score 8.235',
      '┃ window 1m   errors 120',
      '┃ │ one',
      '┃ │ two',
      '┃ │ three',
    ])
  })

  it('shows what an alert was when it is resolved', () => {
    expect(plainCard({ ...alert, state: 'resolved', samples: [], evidence: {} })).toEqual([
      '┃  RESOLVED  error rate 14 % (usually 0.4 %)',
      '┃ 2026-11-24 14:13:19.123Z  error_rate/api  url.path=/pay  was critical for 1m 30s',
      '┃ observed 14 %   expected 0.4 %   score 8.235',
    ])
  })

  it('says of a field that the records of a group lack that there is none', () => {
    const [, where] = plainCard({ ...alert, group: { 'attributes.url.path': null } })
    expect(where).toContain('url.path=(none)')
  })

  it('shows an alert that has nothing but a title', () => {
    const { rule, id, fingerprint, state, severity } = alert
    const bare = {
      rule,
      id,
      fingerprint,
      state,
      severity,
      title: 'odd',
      time: Number.NaN,
      startedAt: 0,
      count: 1,
      group: {},
    }
    expect(plainCard(bare)).toEqual(['┃  CRITICAL  odd', '┃ error_rate/api'])
  })

  it('breaks a long title and long rows, and cuts samples, at the width of the terminal', () => {
    const card = plainCard({ ...alert, title: 'word '.repeat(40), samples: ['東京'.repeat(40)] }, 40)
    for (const line of card) expect(widthOf(line)).toBeLessThanOrEqual(40)
    expect(card.filter((line) => line.includes('word'))).toHaveLength(4)
    expect(card.at(-1)).toMatch(/^┃ │ (東京)+東?…$/)
  })

  it('shows a record as one line: time, severity, body, attributes', () => {
    const attributes = { 'error.type': 'Timeout', user: { id: 7 }, ratio: 0.123456 }
    expect(plainLine({ time, severityNumber: 17, body: 'payment failed', attributes })).toBe(
      '2026-11-24 14:13:19.123Z ERROR payment failed error.type=Timeout user={"id":7} ratio=0.1235',
    )
    expect(plainLine({ body: 'no more' })).toBe('      no more')
    expect(plainLine({ time, severityNumber: 14, attributes: { a: 1 } })).toBe('2026-11-24 14:13:19.123Z WARN  a=1')
  })

  it('does not repeat in attributes what the body, being the whole line, says', () => {
    const batch = new LogBatch({ capacity: 1 })
    batch.bytes = Buffer.from('GET /')
    batch.addLine(0, 5)
    for (const record of batch) {
      record.attributes.set('url.path', '/')
      expect(recordLine(record, new Palette(false), 80)).toBe('      GET /')
    }
  })

  it('keeps a record on one line of the terminal', () => {
    expect(plainLine({ body: 'first\nsecond\r\n\tthird' })).toBe('      first ⏎ second ⏎  third')
    expect(plainLine({ time, body: 'x'.repeat(100), attributes: { a: 1 } }, 50)).toBe(
      `2026-11-24 14:13:19.123Z       ${'x'.repeat(18)}…`,
    )
    expect(plainLine({ body: 'x'.repeat(100_000) })).toHaveLength(100_006)
  })

  it('cuts any text to the columns that there are', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), nasty),
        fc.integer({ min: 1, max: 70 }),
        (text, columns) => {
          const shown = plainLine({ body: text, attributes: { key: text } }, columns + 20)
          expect(widthOf(shown)).toBeLessThanOrEqual(columns + 20)
          const whole = widthOf(text) <= columns
          if (whole && !harmful.test(text)) expect(cut(text, columns)).toBe(text)
        },
      ),
    )
  })

  describe('on a terminal', () => {
    it('lets nothing through that a terminal would act on, whatever the records say', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(nasty, { minLength: 8, maxLength: 8 }),
          fc.constantFrom('pretty', 'json'),
          async (texts, format) => {
            const [body = '', name = '', value = '', title = '', rule = '', group = '', sample = '', evidence = ''] =
              texts
            const { show, services } = consoleOf({ format, max_lines_per_second: 0 }, true)
            const logs = batchOf([{ body, attributes: { [name]: value } }])
            for (const record of logs) record.severityText = value
            await show(logs)
            await show(
              alertsOf({
                ...alert,
                title,
                rule,
                group: { [group]: value },
                samples: [sample],
                evidence: { [evidence]: evidence },
                observed: name,
              }),
            )
            expect(services.terminal.text).not.toMatch(harmful)
          },
        ),
        { numRuns: 300 },
      )
    })

    it('writes no other sequences than its own colours', async () => {
      await fc.assert(
        fc.asyncProperty(nasty, nasty, async (body, title) => {
          const [colored = '', plain = ''] = await Promise.all(
            ['always', 'never'].map(async (color) => {
              const { show, services } = consoleOf({ color }, true)
              await show(batchOf([{ body, severityNumber: 17, time }]))
              await show(alertsOf({ ...alert, title }))
              return services.terminal.text
            }),
          )
          expect(stripVTControlCharacters(colored)).toBe(plain)
        }),
      )
    })

    it('drops coloured text to its text, and shows other control characters', () => {
      expect(
        plainLine('\u001b[1;31mred\u001b[0m \u001b]0;title\u0007\u001b]never ends \u009b2Jx \u202ebidi\u0000'),
      ).toBe('      red ␛]never ends x \ufffdbidi␀')
    })

    it('is quick with sequences that never end', () => {
      for (const part of ['\u001b]', '\u009d', '\u001b[', '\u009b', '\u001b[0', '\u001bP'])
        plainLine(part.repeat(300_000))
    })
  })

  it('writes JSON that says the same as the records, harmless on a terminal', async () => {
    const { show, lines } = consoleOf({ format: 'json', max_lines_per_second: 1 })
    await show(batchOf([{ body: 'a\u001b[31m\u009b\u202e\u{e0041}\nb', attributes: { n: 1 } }, 'two', 'three']))
    await show(alertsOf(alert))
    expect(
      lines()
        .slice(0, 3)
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { body: 'a\u001b[31m\u009b\u202e\u{e0041}\nb', attributes: { n: 1 } },
      { body: 'two' },
      { body: 'three' },
    ])
    expect(JSON.parse(lines()[3] ?? '')).toMatchObject({
      eventName: 'weir.alert',
      attributes: { 'alert.rule': 'error_rate/api' },
    })
  })

  describe('the limit of lines', () => {
    it('leaves out what is more in a second, and says how much when the second is over', async () => {
      const { show, lines, services } = consoleOf({ max_lines_per_second: 2 })
      await show(batchOf(['a', 'b', 'c', 'd']))
      await show(batchOf(['e']))
      expect(lines()).toEqual(['      a', '      b'])
      await services.clock.advance(1000)
      expect(lines().slice(2)).toEqual(['… 3 more records suppressed'])
      await show(batchOf(['f']))
      expect(lines().slice(3)).toEqual(['      f'])
      expect(services.clock.pending).toBe(0)
    })

    it('says so at the end, too', async () => {
      const { show, lines, exporter } = consoleOf({ max_lines_per_second: 1 })
      await show(batchOf(Array(2001).fill('x')))
      await exporter.flush?.()
      expect(lines().at(-1)).toBe('… 2,000 more records suppressed')
    })

    it('does not let a flood of records hide an alert', async () => {
      const { show, lines } = consoleOf({ max_lines_per_second: 10 })
      await show(batchOf(Array(100).fill('x')))
      await show(alertsOf(alert, { ...alert, id: 'a2' }, { ...alert, id: 'a3' }))
      expect(lines().filter((line) => line.includes('CRITICAL'))).toHaveLength(2)
    })

    it('is none with 0', async () => {
      const { show, lines } = consoleOf({ max_lines_per_second: 0 })
      await show(batchOf(Array(5000).fill('x')))
      expect(lines()).toHaveLength(5000)
    })
  })

  it('writes colours on a terminal, as NO_COLOR and FORCE_COLOR say', () => {
    expect(usesColor('auto', true, {})).toBe(true)
    expect(usesColor('auto', false, {})).toBe(false)
    expect(usesColor('auto', true, { NO_COLOR: '1' })).toBe(false)
    expect(usesColor('auto', true, { NO_COLOR: '' })).toBe(true)
    expect(usesColor('auto', true, { TERM: 'dumb' })).toBe(false)
    expect(usesColor('auto', false, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(true)
    expect(usesColor('auto', true, { FORCE_COLOR: '0' })).toBe(false)
    expect(usesColor('always', false, { NO_COLOR: '1' })).toBe(true)
    expect(usesColor('never', true, { FORCE_COLOR: '1' })).toBe(false)
  })
})
