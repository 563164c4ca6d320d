import { afterEach, beforeEach, expect, it } from 'vitest'
import { Fixture } from './receiver.fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await Fixture.create()
})
afterEach(() => fixture.remove())

it('follows ten thousand files, of which few are open, and reads each line of each once', {
  timeout: 180_000,
}, async () => {
  const count = 10_000
  const names = Array.from({ length: count }, (_, index) => `${index}.log`)
  for (let from = 0; from < count; from += 500) {
    await Promise.all(names.slice(from, from + 500).map((name) => fixture.write(name, `first of ${name}\n`)))
  }
  await fixture.runOnce({ max_open_files: 64 })
  const changed = names.filter((_, index) => index % 100 === 0)
  await Promise.all(changed.map((name) => fixture.append(name, `second of ${name}\n`)))
  await fixture.runOnce({ max_open_files: 64 })
  const expected = [...names.map((name) => `first of ${name}`), ...changed.map((name) => `second of ${name}`)]
  expect(fixture.lines.toSorted()).toEqual(expected.toSorted())
  expect(fixture.warnings).toEqual([])
})
