import {
  createComponent,
  MemoryState,
  parseColumnar,
  parserContract,
  plainRecords,
  testServices,
} from '@weir/sdk/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csv } from './csv.ts'
import { columnarHarness } from './testing/columnar-harness.ts'
import { expectNoHarm } from './testing/hostile-text.ts'

const header = 'time,level,message,user,ms'
const row = '2026-11-24T13:55:36Z,error,"said ""no"", twice",7,2.5'
const lines = [header, row, '2026-11-24T13:55:37Z,info,ok,,', ',,,,', 'too,few', '"open,a,b,c,d']

for (const { name, run } of parserContract(csv, { lines })) it(`csv ${name}`, run)
for (const { name, run } of parserContract(csv, { lines, config: { header } })) it(`csv with a header ${name}`, run)

describe('csv', () => {
  const first = {
    time: Date.UTC(2026, 10, 24, 13, 55, 36),
    severityNumber: 17,
    severityText: 'error',
    body: 'said "no", twice',
    attributes: { user: 7, ms: 2.5 },
  }

  it('takes the first line of a source for its header', () => {
    const { records, failures } = columnarHarness(csv).feed(`${header}\n${row}\n${row}\n`)
    expect(failures).toBe(0)
    expect(records).toEqual([{ body: header, attributes: {} }, first, first])
  })

  it('takes the header from the config, and another delimiter', () => {
    const config = { header: 'level;message;a', delimiter: ';' }
    expect(columnarHarness(csv, config).feed('warn;"x;y";\n').records).toEqual([
      { severityNumber: 13, severityText: 'warn', body: 'x;y', attributes: {} },
    ])
  })

  it('remembers the header of a source over a restart, each its own', () => {
    const services = testServices({ state: new MemoryState() })
    const open = (id: string) => {
      const parser = createComponent(csv, {}, services)
      return parser.open?.({ id }) ?? parser
    }
    const attributes = (id: string, text: string) =>
      parseColumnar(open(id), text)
        .flatMap(plainRecords)
        .map(({ attributes }) => attributes)
    expect(attributes('a', 'x,y\n1,2\n')).toEqual([{}, { x: 1, y: 2 }])
    expect(attributes('b', 'z\n3\n')).toEqual([{}, { z: 3 }])
    expect(attributes('a', '4,5\nx,y\n')).toEqual([{ x: 4, y: 5 }, {}])
  })

  it.each(['too,few', '1,2,3,4,5,6', '"open,a,b,c,d', 'a,b"c,"d"e,f,g'])('refuses %j', (line) => {
    expect(columnarHarness(csv, { header }).feed(line).failures).toBe(1)
  })

  it('reads back the fields that a line was made of', () => {
    const value = fc.stringMatching(/^[^\p{Cc}]*$/u).filter((text) => text !== '')
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 4 }), (rows) => {
        const write = (text: string) => `"${text.replaceAll('"', '""')}"`
        const text = rows.map((fields) => `${fields.map(write).join(',')}\n`).join('')
        const { records } = columnarHarness(csv, { header: 'a,b,c' }).feed(text)
        expect(records.map(({ attributes }) => Object.values(attributes))).toEqual(rows)
      }),
    )
  })

  it('does no harm, whatever it is given', () => expectNoHarm(csv, lines, { header }))
})
