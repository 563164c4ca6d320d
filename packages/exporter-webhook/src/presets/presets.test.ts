import { sampleAlert as alert, alertsOf, batchOf } from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WebhookConfig } from '../config.ts'
import { RequestFormat } from '../request-format.ts'

const configOf = (given: Partial<WebhookConfig>): WebhookConfig => ({
  method: 'POST',
  headers: {},
  compression: 'none',
  preset: 'generic',
  max_redirects: 3,
  allow_private_redirects: false,
  api_key: 'K'.repeat(36),
  routing_key: 'R'.repeat(32),
  ...given,
})

type Batch = Parameters<RequestFormat['requests']>[0]
const url = new URL('https://example.com/ops/topic')
const requests = (batch: Batch, given: Partial<WebhookConfig>) =>
  Array.from(new RequestFormat(configOf(given)).requests(batch, url))
const bodies = (batch: Batch, given: Partial<WebhookConfig>) =>
  requests(batch, given).map(({ body }) => body.toString())
const payloads = (batch: Batch, given: Partial<WebhookConfig>) => bodies(batch, given).map((body) => JSON.parse(body))

const log = {
  time: Date.UTC(2026, 0, 1),
  severityNumber: 17,
  body: 'payment failed',
  attributes: { 'error.type': 'Timeout' },
}

/** Alerts with more text than any service takes, of every kind of character. */
const hugeText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 50 }),
  fc.constantFrom('&', '<', '*', '`', '\\', '```', '😀', '東').map((part) => part.repeat(6000)),
)
const hugeAlert = fc.record({
  title: hugeText,
  rule: hugeText,
  fingerprint: hugeText,
  samples: fc.array(hugeText, { maxLength: 20 }),
  group: fc.dictionary(fc.string({ maxLength: 300 }), hugeText, { maxKeys: 20 }),
  evidence: fc.dictionary(fc.string({ maxLength: 300 }), hugeText, { maxKeys: 30 }),
  observed: hugeText,
})
const hugeAlerts = fc.array(hugeAlert, { minLength: 1, maxLength: 12 })

describe('generic', () => {
  it('has all that is known of an alert', () => {
    expect(payloads(alertsOf({}, { id: 'alert-2', state: 'resolved' }), {})).toEqual([
      {
        alerts: [
          { ...alert, time: '2026-11-24T14:13:19.000Z', startedAt: '2026-11-24T14:11:49.000Z' },
          {
            ...alert,
            id: 'alert-2',
            state: 'resolved',
            time: '2026-11-24T14:13:19.000Z',
            startedAt: '2026-11-24T14:11:49.000Z',
          },
        ],
      },
    ])
  })

  it('has records as in NDJSON', () => {
    expect(payloads(batchOf([log, 'plain']), {})).toEqual([
      {
        records: [
          { ...log, time: '2026-01-01T00:00:00.000Z', severityText: 'ERROR', resource: {} },
          { body: 'plain', attributes: {}, resource: {} },
        ],
      },
    ])
  })

  it('puts as many in a request as it is told', () => {
    const counts = (given: Partial<WebhookConfig>) =>
      payloads(batchOf(Array(250).fill('x')), given).map(({ records }) => records.length)
    expect(counts({})).toEqual([100, 100, 50])
    expect(counts({ max_per_request: 99 })).toEqual([99, 99, 52])
    expect(counts({ max_per_request: 1000 })).toEqual([100, 100, 50])
  })
})

describe('slack', () => {
  it('draws an alert with a coloured edge', () => {
    expect(payloads(alertsOf({}), { preset: 'slack' })).toEqual([
      {
        text: 'CRITICAL: error rate 14 % (usually &lt;1 %)',
        unfurl_links: false,
        unfurl_media: false,
        attachments: [
          {
            color: '#e01e5a',
            blocks: [
              { type: 'section', text: { type: 'mrkdwn', text: '*CRITICAL*  error rate 14 % (usually &lt;1 %)' } },
              {
                type: 'section',
                fields: [
                  { type: 'mrkdwn', text: '*url.path*\n/pay' },
                  { type: 'mrkdwn', text: '*observed*\n14 %' },
                  { type: 'mrkdwn', text: '*expected*\n&lt;1 %' },
                  { type: 'mrkdwn', text: '*score*\n8.235' },
                  { type: 'mrkdwn', text: '*window*\n1m' },
                  { type: 'mrkdwn', text: '*reported*\n3 times' },
                ],
              },
              { type: 'section', text: { type: 'mrkdwn', text: '```GET /pay 502\nGET /pay *503*```' } },
              {
                type: 'context',
                elements: [
                  {
                    type: 'mrkdwn',
                    text: '<!date^1795529599^{date_short_pretty} {time_secs}|2026-11-24T14:13:19.000Z>  ·  error_rate/api',
                  },
                ],
              },
            ],
          },
        ],
      },
    ])
  })

  it('says that an alert is over, in green', () => {
    const [{ attachments, text }] = payloads(alertsOf({ state: 'resolved' }), { preset: 'slack' })
    expect(text).toBe('RESOLVED: error rate 14 % (usually &lt;1 %)')
    expect(attachments[0].color).toBe('#2eb67d')
    expect(attachments[0].blocks[1].fields.at(-1).text).toBe('*lasted*\n1m 30s')
  })

  it('lets no record mention anyone', () => {
    const [body = ''] = bodies(batchOf(['<!channel> & <@U1>']), { preset: 'slack' })
    expect(body).toContain('&lt;!channel&gt; &amp; &lt;@U1&gt;')
    expect(body).not.toContain('<!channel>')
  })

  it('stays within the limits of Block Kit', () => {
    fc.assert(
      fc.property(hugeAlerts, (alerts) => {
        for (const { attachments } of payloads(alertsOf(...alerts), { preset: 'slack' })) {
          expect(attachments.length).toBeLessThanOrEqual(10)
          for (const { blocks } of attachments) {
            for (const { text, fields = [], elements = [] } of blocks) {
              expect(text?.text.length ?? 1).toBeLessThanOrEqual(3000)
              expect(text?.text.length ?? 1).toBeGreaterThan(0)
              expect(fields.length).toBeLessThanOrEqual(10)
              for (const field of [...fields, ...elements]) expect(field.text.length).toBeLessThanOrEqual(2000)
            }
          }
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe('discord', () => {
  it('makes an embed of an alert, and notifies nobody', () => {
    expect(payloads(alertsOf({ title: 'a *bold* [link](http://x)' }), { preset: 'discord' })).toEqual([
      {
        allowed_mentions: { parse: [] },
        embeds: [
          {
            title: 'CRITICAL  a \\*bold\\* \\[link\\](http://x)',
            color: 0xe01e5a,
            description: '```\nGET /pay 502\nGET /pay *503*\n```',
            fields: [
              { name: 'url.path', value: '/pay', inline: true },
              { name: 'observed', value: '14 %', inline: true },
              { name: 'expected', value: '<1 %', inline: true },
              { name: 'score', value: '8.235', inline: true },
              { name: 'window', value: '1m', inline: true },
              { name: 'reported', value: '3 times', inline: true },
            ],
            footer: { text: 'error_rate/api'.replace('\\', '') },
            timestamp: '2026-11-24T14:13:19.000Z',
          },
        ],
      },
    ])
  })

  it('stays within the limits of embeds', () => {
    fc.assert(
      fc.property(hugeAlerts, (alerts) => {
        for (const { embeds } of payloads(alertsOf(...alerts), { preset: 'discord' })) {
          expect(embeds.length).toBeLessThanOrEqual(10)
          let total = 0
          for (const { title, description = '', fields = [], footer } of embeds) {
            expect(title.length).toBeLessThanOrEqual(256)
            expect(description.length).toBeLessThanOrEqual(4096)
            expect(fields.length).toBeLessThanOrEqual(25)
            total += title.length + description.length + (footer?.text.length ?? 0)
            for (const { name, value } of fields) {
              expect(name.length).toBeLessThanOrEqual(256)
              expect(value.length).toBeLessThanOrEqual(1024)
              expect(Math.min(name.length, value.length)).toBeGreaterThan(0)
              total += name.length + value.length
            }
          }
          expect(total).toBeLessThanOrEqual(6000)
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe('teams', () => {
  it('makes an adaptive card of an alert', () => {
    expect(payloads(alertsOf({ observed: '*14*' }), { preset: 'teams' })).toEqual([
      {
        type: 'message',
        attachments: [
          {
            contentType: 'application/vnd.microsoft.card.adaptive',
            contentUrl: null,
            content: {
              $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
              type: 'AdaptiveCard',
              version: '1.4',
              msteams: { width: 'Full' },
              body: [
                {
                  type: 'Container',
                  style: 'attention',
                  bleed: true,
                  items: [
                    {
                      type: 'RichTextBlock',
                      inlines: [
                        {
                          type: 'TextRun',
                          text: 'CRITICAL  error rate 14 % (usually <1 %)',
                          weight: 'Bolder',
                          size: 'Medium',
                        },
                      ],
                    },
                    {
                      type: 'RichTextBlock',
                      inlines: [
                        {
                          type: 'TextRun',
                          text: '2026-11-24T14:13:19.000Z  ·  error_rate/api',
                          isSubtle: true,
                          size: 'Small',
                        },
                      ],
                    },
                    {
                      type: 'FactSet',
                      facts: [
                        { title: 'url.path', value: '/pay' },
                        { title: 'observed', value: '\\*14\\*' },
                        { title: 'expected', value: '<1 %' },
                        { title: 'score', value: '8.235' },
                        { title: 'window', value: '1m' },
                        { title: 'reported', value: '3 times' },
                      ],
                    },
                    {
                      type: 'RichTextBlock',
                      inlines: [
                        {
                          type: 'TextRun',
                          text: 'GET /pay 502\nGET /pay *503*',
                          fontType: 'Monospace',
                          size: 'Small',
                        },
                      ],
                    },
                  ],
                },
              ],
            },
          },
        ],
      },
    ])
  })

  it("stays within Teams' 28 KB", () => {
    fc.assert(
      fc.property(hugeAlerts, (alerts) => {
        for (const body of bodies(alertsOf(...alerts), { preset: 'teams' }))
          expect(Buffer.byteLength(body)).toBeLessThan(28_000)
      }),
      { numRuns: 50 },
    )
  })
})

describe('pagerduty', () => {
  const config = { preset: 'pagerduty' } as const

  it('triggers an incident by the fingerprint, and resolves it', () => {
    expect(payloads(alertsOf({}, { id: 'alert-2', state: 'resolved' }), config)).toEqual([
      {
        routing_key: 'R'.repeat(32),
        dedup_key: 'fp-1',
        event_action: 'trigger',
        client: 'Weir',
        payload: {
          summary: 'error rate 14 % (usually <1 %)',
          source: '/pay',
          severity: 'critical',
          timestamp: '2026-11-24T14:13:19.000Z',
          class: 'error_rate/api',
          group: '/pay',
          custom_details: {
            'url.path': '/pay',
            observed: '14 %',
            expected: '<1 %',
            score: '8.235',
            window: '1m',
            reported: '3 times',
            samples: ['GET /pay 502', 'GET /pay *503*'],
          },
        },
      },
      { routing_key: 'R'.repeat(32), dedup_key: 'fp-1', event_action: 'resolve' },
    ])
  })

  it('makes one incident of the same record sent twice', () => {
    const [one, two, other] = payloads(batchOf(['disk full', 'disk full', 'disk fine']), config)
    expect(one.dedup_key).toBe(two.dedup_key)
    expect(one.dedup_key).not.toBe(other.dedup_key)
  })

  it('stays within the limits of the Events API', () => {
    fc.assert(
      fc.property(hugeAlerts, (alerts) => {
        for (const body of bodies(alertsOf(...alerts), config)) {
          const { dedup_key: key, payload } = JSON.parse(body)
          expect(Buffer.byteLength(body)).toBeLessThan(512_000)
          expect(key.length).toBeLessThanOrEqual(255)
          expect(payload.summary.length).toBeLessThanOrEqual(1024)
          expect(Math.min(key.length, payload.summary.length, payload.source.length)).toBeGreaterThan(0)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('asks for its key', () => {
    const { routing_key: _, ...without } = configOf(config)
    expect(() => new RequestFormat(without)).toThrow(/routing_key/)
  })
})

describe('mattermost', () => {
  it('draws an alert with a coloured edge', () => {
    expect(payloads(alertsOf({}), { preset: 'mattermost' })).toEqual([
      {
        attachments: [
          {
            fallback: 'CRITICAL: error rate 14 % \\(usually \\<1 %\\)',
            color: '#e01e5a',
            text: '**CRITICAL**  error rate 14 % \\(usually \\<1 %\\)\n```\nGET /pay 502\nGET /pay *503*\n```',
            fields: [
              { short: true, title: 'url.path', value: '/pay' },
              { short: true, title: 'observed', value: '14 %' },
              { short: true, title: 'expected', value: '\\<1 %' },
              { short: true, title: 'score', value: '8.235' },
              { short: true, title: 'window', value: '1m' },
              { short: true, title: 'reported', value: '3 times' },
            ],
            footer: '2026-11-24T14:13:19.000Z  ·  error_rate/api',
          },
        ],
      },
    ])
  })

  it('lets no record mention anyone, or end its block of code', () => {
    const [body = ''] = bodies(alertsOf({ title: '@channel', samples: ['@all', '``` @here'] }), {
      preset: 'mattermost',
    })
    expect(body).not.toMatch(/@[a-z]/)
    expect(body.split('```')).toHaveLength(3)
  })

  it('stays within the length of a post', () => {
    fc.assert(
      fc.property(hugeAlerts, (alerts) => {
        for (const { attachments } of payloads(alertsOf(...alerts), { preset: 'mattermost' })) {
          expect(attachments.length).toBeLessThanOrEqual(10)
          for (const one of attachments) expect(JSON.stringify(one).length).toBeLessThanOrEqual(16_383)
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe('opsgenie', () => {
  const config = { preset: 'opsgenie' } as const

  it('opens an alert by the fingerprint, and closes it', () => {
    const sent = requests(alertsOf({}, { id: 'alert-2', state: 'resolved', fingerprint: 'a/b' }), config)
    expect(sent.map(({ url }) => url.href)).toEqual([
      'https://example.com/ops/topic/v2/alerts',
      'https://example.com/ops/topic/v2/alerts/a%2Fb/close?identifierType=alias',
    ])
    const samples = 'GET /pay 502\nGET /pay *503*'
    expect(sent.map(({ body }) => JSON.parse(body.toString()))).toEqual([
      {
        message: 'error rate 14 % (usually <1 %)',
        alias: 'fp-1',
        description: `error rate 14 % (usually &lt;1 %)\n${samples}`,
        priority: 'P1',
        source: 'error_rate/api',
        entity: '/pay',
        details: {
          time: '2026-11-24T14:13:19.000Z',
          'url.path': '/pay',
          observed: '14 %',
          expected: '<1 %',
          score: '8.235',
          window: '1m',
          reported: '3 times',
        },
      },
      { source: 'error_rate/api', note: `error rate 14 % (usually &lt;1 %)\n${samples}` },
    ])
  })

  it('says who it is in a header', () => {
    expect(new RequestFormat(configOf(config)).credentials).toEqual({ authorization: `GenieKey ${'K'.repeat(36)}` })
    const { api_key: _, ...without } = configOf(config)
    expect(() => new RequestFormat(without)).toThrow(/api_key/)
  })

  it('stays within the limits of the Alert API', () => {
    fc.assert(
      fc.property(hugeAlerts, (alerts) => {
        for (const { message, alias, description, source, entity = '', details } of payloads(
          alertsOf(...alerts),
          config,
        )) {
          expect(message.length).toBeGreaterThan(0)
          expect(message.length).toBeLessThanOrEqual(130)
          expect(alias.length).toBeLessThanOrEqual(512)
          expect(entity.length).toBeLessThanOrEqual(512)
          expect(source.length).toBeLessThanOrEqual(100)
          expect(description.length).toBeLessThanOrEqual(15_000)
          expect(Object.entries(details).flat().join('').length).toBeLessThanOrEqual(8000)
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe('ntfy', () => {
  const config = { preset: 'ntfy' } as const

  it('publishes to the topic of the address', () => {
    const sent = requests(alertsOf({}, { state: 'resolved', samples: [] }), config)
    expect(sent.map(({ url }) => url.href)).toEqual(['https://example.com/ops/', 'https://example.com/ops/'])
    const facts = 'url.path: /pay\nobserved: 14 %\nexpected: <1 %\nscore: 8.235\nwindow: 1m\nreported: 3 times'
    const footer = '2026-11-24T14:13:19.000Z  ·  error_rate/api'
    expect(sent.map(({ body }) => JSON.parse(body.toString()))).toEqual([
      {
        topic: 'topic',
        title: 'CRITICAL  error rate 14 % (usually <1 %)',
        message: `${facts}\nGET /pay 502\nGET /pay *503*\n${footer}`,
        tags: ['rotating_light'],
        priority: 5,
      },
      {
        topic: 'topic',
        title: 'RESOLVED  error rate 14 % (usually <1 %)',
        message: `${facts}\nlasted: 1m 30s\n${footer}`,
        tags: ['white_check_mark'],
        priority: 3,
      },
    ])
  })

  it('stays within 4,096 bytes', () => {
    fc.assert(
      fc.property(hugeAlerts, (alerts) => {
        for (const { title, message } of payloads(alertsOf(...alerts), config)) {
          expect(Buffer.byteLength(message)).toBeLessThanOrEqual(4096)
          expect(title.length).toBeLessThanOrEqual(250)
          expect(message.length).toBeGreaterThan(0)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('asks for a topic', () => {
    expect(() => new RequestFormat(configOf({ ...config, url: 'https://ntfy.sh/' }))).toThrow(/no topic/)
  })
})

describe('a body of one’s own', () => {
  it('keeps the type of a field that stands alone, and writes others into text', () => {
    const body = {
      text: '{{severityText}}: {{body}} "{{attributes.error.type}}"',
      count: '{{severityNumber}}',
      all: ['{{attributes}}', '{{attributes.missing}}', 7, null],
      braces: '{{{{x}}}}',
    }
    expect(payloads(batchOf([log, log]), { body, preset: 'slack' })).toEqual(
      Array(2).fill({
        text: 'ERROR: payment failed "Timeout"',
        count: 17,
        all: [{ 'error.type': 'Timeout' }, null, 7, null],
        braces: '{{x}}',
      }),
    )
  })

  it('escapes values in a text of JSON', () => {
    const body = '{"say": "{{body}}", "n": {{severityNumber}}, "all": {{attributes}}}'
    const batch = batchOf([{ ...log, body: 'a "quoted"\nline' }])
    expect(payloads(batch, { body })).toEqual([{ say: 'a "quoted"\nline', n: 17, all: { 'error.type': 'Timeout' } }])
  })

  it('is plain text for a Content-Type that is no JSON', () => {
    const headers = { 'Content-Type': 'text/plain' }
    expect(bodies(batchOf(['"x"']), { body: '<{{body}}>', headers })).toEqual(['<"x">'])
  })

  it('reads the fields of alerts', () => {
    const body = { rule: '{{attributes.alert.rule}}', group: '{{attributes.alert.group}}', at: '{{time}}' }
    expect(payloads(alertsOf({}), { body })).toEqual([
      { rule: 'error_rate/api', group: { 'attributes.url.path': '/pay' }, at: '2026-11-24T14:13:19.000Z' },
    ])
  })

  it('is refused if a brace is missing', () => {
    expect(() => bodies(batchOf(['x']), { body: { text: '{{body' } })).toThrow(/no "}}"/)
  })
})

describe('the idempotency key', () => {
  const keys = (batch: Batch, given: Partial<WebhookConfig> = {}) =>
    requests(batch, given).map(({ idempotencyKey }) => idempotencyKey)

  it('is the id of an alert that is alone, else the same for the same content', () => {
    expect(keys(alertsOf({}, { id: 'alert-2' }), { max_per_request: 1 })).toEqual(['alert-1', 'alert-2'])
    expect(keys(alertsOf({}, { id: 'alert-2' }))).toEqual(keys(alertsOf({}, { id: 'alert-2' })))
    expect(keys(alertsOf({}, { id: 'alert-2' }))).not.toEqual(keys(alertsOf({}, { id: 'alert-3' })))
    expect(keys(batchOf(['a']))).toEqual(keys(batchOf(['a'])))
    expect(keys(batchOf(['a']))).not.toEqual(keys(batchOf(['b'])))
  })

  it('is never an id that cannot stand in a header', () => {
    expect(keys(alertsOf({ id: 'a\r\nb' }))).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)])
  })
})
