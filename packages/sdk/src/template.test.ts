import { describe, expect, it } from 'vitest'
import type { LogBatch } from './batch.ts'
import { parseTemplate, renderTemplate, type TemplateMarks } from './template.ts'
import { batchOf } from './testing/harness.ts'

const render = (template: string, batch: LogBatch, marks?: TemplateMarks) => {
  const parts = parseTemplate(template, marks)
  return Array.from(batch, (record) => renderTemplate(parts, record))
}
const batch = batchOf([
  { time: 0, severityNumber: 17, body: { user: { id: 7 } }, attributes: { 'url.path': '/x', list: [1] } },
  {},
])

describe('a template', () => {
  it('puts fields where they are named, and nothing for what is not there', () => {
    expect(render('{time} {severityText} {url.path} {attributes.list} {body.user.id};', batch)).toEqual([
      '1970-01-01T00:00:00.000Z ERROR /x [1] 7;',
      '    ;',
    ])
  })

  it('writes dates in parts: of the record, else of when it was seen, else none', () => {
    const batch = batchOf([{ time: Date.UTC(2026, 1, 3, 4, 5, 6, 789) }, {}])
    const template = 'logs-{time:yyyy.MM.dd} {time:HH:mm:ss} {time:yyyy-dd}!'
    expect(render(template, batch)).toEqual(['logs-2026.02.03 04:05:06 2026-03!', 'logs-  !'])
    batch.observedTime = Date.UTC(2025, 11, 31)
    expect(render(template, batch)[1]).toBe('logs-2025.12.31 00:00:00 2025-31!')
  })

  it('takes a doubled mark for itself', () => {
    expect(render('{{"p": {url.path}}}', batch)[0]).toBe('{"p": /x}')
  })

  it('takes other marks', () => {
    expect(render('{a} {{ url.path }}', batch, { open: '{{', close: '}}' })[0]).toBe('{a} /x')
  })

  it('never reads a value as a template', () => {
    expect(render('{body}', batchOf(['{severityNumber}']))).toEqual(['{severityNumber}'])
  })

  it.each(['{', 'a {body', '{}', '{ }', '}', '{a{b}'])('refuses %s', (template) => {
    expect(() => parseTemplate(template)).toThrow(expect.objectContaining({ code: 'WEIR_TEMPLATE_INVALID' }))
  })
})
