import { utimes } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FileTime } from './file-time.ts'
import { Fixture } from './receiver.fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await Fixture.create()
})
afterEach(() => fixture.remove())

/** Files that hold their own names, read under the criteria. */
async function read(names: readonly string[], criteria: object): Promise<string[]> {
  for (const [index, name] of names.entries()) {
    await fixture.write(name, `${name}\n`)
    await utimes(fixture.path(name), 1000 + index, 1000 + index)
  }
  await fixture.runOnce({ ordering_criteria: criteria })
  return fixture.lines.toSorted()
}

describe('ordering_criteria', () => {
  const numbers = ['app.9.log', 'app.10.log', 'app.2.log']

  it('follows the greatest number', async () => {
    const criteria = { regex: 'app\\.(?<number>\\d+)\\.log$' }
    expect(await read(numbers, { ...criteria, sort_by: [{ sort_type: 'numeric', regex_key: 'number' }] })).toEqual([
      'app.10.log',
    ])
  })

  it('follows the first few, the least first', async () => {
    const sort = [{ sort_type: 'numeric', regex_key: 'number', ascending: true }]
    const criteria = { regex: 'app\\.(?<number>\\d+)\\.log$', top_n: 2, sort_by: sort }
    expect(await read(numbers, criteria)).toEqual(['app.2.log', 'app.9.log'])
  })

  it('goes by the alphabet', async () => {
    const criteria = { regex: '(?<name>[^/]+)$', sort_by: [{ sort_type: 'alphabetical', regex_key: 'name' }] }
    expect(await read(numbers, criteria)).toEqual(['app.9.log'])
  })

  it('goes by the time in the name', async () => {
    const names = ['app-24Dec2025.log', 'app-02Jan2026.log', 'app-30Nov2025.log']
    const sort = [{ sort_type: 'timestamp', regex_key: 'day', layout: '%d%b%Y' }]
    expect(await read(names, { regex: 'app-(?<day>\\w+)\\.log$', sort_by: sort })).toEqual(['app-02Jan2026.log'])
  })

  it('goes by when the files were last written, without those that are too old', async () => {
    const names = ['b.log', 'c.log', 'a.log']
    expect(await read(names, { top_n: 2, sort_by: [{ sort_type: 'mtime' }] })).toEqual(['a.log', 'c.log'])
    await fixture.write('d.log', 'd.log\n')
    await fixture.runOnce({ ordering_criteria: { top_n: 9, sort_by: [{ sort_type: 'mtime', max_time: '1h' }] } })
    expect(fixture.lines.toSorted()).toEqual(['a.log', 'c.log', 'd.log'])
  })

  it('goes by the second key where the first is equal', async () => {
    const names = ['a.1.log', 'b.2.log', 'b.1.log', 'a.3.log']
    const sort = [
      { sort_type: 'alphabetical', regex_key: 'name' },
      { sort_type: 'numeric', regex_key: 'number', ascending: true },
    ]
    const regex = '(?<name>\\w)\\.(?<number>\\d)\\.log$'
    expect(await read(names, { regex, sort_by: sort })).toEqual(['b.1.log'])
  })

  it('follows the first of each group', async () => {
    const names = ['api.1.log', 'api.2.log', 'web.3.log', 'web.1.log']
    const criteria = { group_by: '(?<service>\\w+)\\.\\d\\.log$', regex: '\\.(?<number>\\d)\\.log$' }
    const sort = [{ sort_type: 'numeric', regex_key: 'number' }]
    expect(await read(names, { ...criteria, sort_by: sort })).toEqual(['api.2.log', 'web.3.log'])
  })

  it('says once how many files do not fit, and leaves them out', async () => {
    const criteria = { regex: 'app\\.(?<number>\\w+)\\.log$' }
    const sort = [{ sort_type: 'numeric', regex_key: 'number' }]
    const names = ['app.1.log', 'app.x.log', 'other.log']
    expect(await read(names, { ...criteria, top_n: 9, sort_by: sort })).toEqual(['app.1.log'])
    expect(fixture.warnings).toEqual([expect.stringContaining('2 files are left out')])
  })

  it('goes over to a newer file, and reads the older one to its end', async () => {
    const criteria = { regex: '(?<day>\\d{8})', sort_by: [{ sort_type: 'numeric', regex_key: 'day' }] }
    await fixture.write('20261125.log', 'one\n')
    await fixture.start({ ordering_criteria: criteria })
    await fixture.untilLines(1)
    await fixture.append('20261125.log', 'two\n')
    await fixture.write('20261126.log', 'three\n')
    await fixture.untilLines(3)
    expect(fixture.lines.toSorted()).toEqual(['one', 'three', 'two'])
  })

  it.each([
    [{ sort_by: [{ sort_type: 'numeric', regex_key: 'n' }] }, 'sort_type', 'needs ordering_criteria.regex'],
    [{ regex: '(?<n>.)', sort_by: [{ sort_type: 'numeric' }] }, 'sort_type', 'needs regex_key'],
    [{ regex: '(?<n>.)', sort_by: [{ sort_type: 'numeric', regex_key: 'm' }] }, 'regex_key', 'no group (?<m>…)'],
    [{ regex: '(?<n>.)', sort_by: [{ sort_type: 'timestamp', regex_key: 'n' }] }, 'sort_type', 'needs layout'],
    [
      { regex: '(?<n>.)', sort_by: [{ sort_type: 'timestamp', regex_key: 'n', layout: '%Y%Q' }] },
      'layout',
      '%Q is not known',
    ],
  ])('refuses %j', async (criteria, key, reason) => {
    const refused = expect.objectContaining({
      code: 'WEIR_FILE_ORDER',
      message: expect.stringContaining(reason),
      configPath: ['ordering_criteria', 'sort_by', 0, key],
    })
    await expect(fixture.start({ ordering_criteria: criteria })).rejects.toThrow(refused)
  })
})

describe('the time in a name', () => {
  it.each([
    ['%Y-%m-%dT%H:%M:%S.%L', 'UTC', '2026-11-26T10:40:41.123', '2026-11-26T10:40:41.123Z'],
    ['%Y%m%d%H', 'Europe/Berlin', '2026072611', '2026-07-26T09:00:00.000Z'],
    ['%y.%j', '+02:00', '26.032', '2026-01-31T22:00:00.000Z'],
    ['%s', 'Europe/Berlin', '1000000000', '2001-09-09T01:46:40.000Z'],
    ['%d %b %Y (%f)', 'UTC', '01 mar 2024 (5)', '2024-03-01T00:00:00.500Z'],
  ])('%s in %s reads %s', (layout, location, text, expected) => {
    expect(new Date(new FileTime(layout, location).read(text)).toISOString()).toBe(expected)
  })

  it('does not read what does not fit', () => {
    expect(new FileTime('%Y%m%d', 'UTC').read('2026-11-26')).toBeNaN()
    expect(new FileTime('%Y', 'UTC').read('20261')).toBeNaN()
  })
})
