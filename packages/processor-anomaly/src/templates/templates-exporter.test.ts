import { batchOf, createComponent, exporterContract, testServices } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { templates } from './templates-exporter.ts'

for (const { name, run } of exporterContract(templates, {})) it(`templates ${name}`, run)

const time = Date.UTC(2026, 0, 1)
const abortSignal = new AbortController().signal
const shown = async (config: object) => {
  const services = testServices()
  const exporter = createComponent(templates, config, services)
  await exporter.export(
    batchOf([
      { time: time + 1000, body: 'user 2 logged in' },
      { time, body: 'user 1 logged in' },
      { time: time + 2000, body: 'disk \u001b[31mfull' },
    ]),
    { abortSignal },
  )
  await exporter.stop?.()
  return services.terminal.text
}

describe('templates', () => {
  it('shows counts, shares, ids, an example and when it was seen, and no control sequences', async () => {
    const text = await shown({})
    expect(text).toMatch(
      /^ {9}2 {2}66\.7 % {2}user <num> logged in {2}\[[0-9a-f]{12}\]\n {20}user 2 logged in\n {20}2026-01-01T00:00:00\.000Z to 2026-01-01T00:00:01\.000Z\n/,
    )
    expect(text).not.toContain('\u001b')
    expect(text).toMatch(/\n2 templates, 3 messages\n$/)
  })

  it('prints the most frequent as JSON', async () => {
    const lines = (await shown({ format: 'json', top: 1 })).trim().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        count: 2,
        template: 'user <num> logged in',
        parameters: ['2'],
        example: 'user 2 logged in',
        first_seen: '2026-01-01T00:00:00.000Z',
        last_seen: '2026-01-01T00:00:01.000Z',
      },
    ])
  })
})
