import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Folder } from './command.fixture.ts'

/** An exporter that refuses what stands in `refused.txt` for good, and writes down the rest. */
const plugins = `
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { defineExporter, defineParser, PermanentError, Type } from '@weir/sdk'

const picky = defineExporter({
  type: 'picky',
  config: Type.Object({ out: Type.String({ description: 'Where bodies go.' }) }),
  create: ({ config }) => ({
    async export(batch) {
      const bad = existsSync('refused.txt') ? readFileSync('refused.txt', 'utf8').trim().split('\\n') : []
      const rows = []
      let index = 0
      let good = ''
      batch.forEach(({ body, attributes }) => {
        const reason = attributes.get('weir.dead_letter.reason')
        if (bad.includes(body)) rows.push(index)
        else good += body + (reason === undefined ? '' : ' (' + reason + ')') + '\\n'
        index++
      })
      appendFileSync(config.out, good)
      if (rows.length > 0) throw new PermanentError('not this one', { rows })
    },
  }),
})

const parser = defineParser({
  type: 'strict',
  create: () => ({ parse: (line) => line.startsWith('line') || existsSync('lenient') }),
})

export default [picky, parser]
`

const distinct = (path: string): string[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((text) => text !== '')
    : []

const config = (file: object, exporter: object, pipelines: object = {}, exporters: object = {}) => ({
  plugins: { paths: ['plugins.ts'] },
  receivers: { file: { include: ['app.log'], parser: 'strict', ...file } },
  exporters: { picky: { out: 'out.txt', ...exporter }, ...exporters },
  service: { pipelines: { logs: { receivers: ['file'], exporters: ['picky'] }, ...pipelines } },
})

describe('weir replay', () => {
  it('sends what an exporter refused to it again, once, when no collector runs', async () => {
    using folder = new Folder()
    folder.write('plugins.ts', plugins)
    folder.write('weir.json', config({}, { dead_letter: { path: 'dead/dead.ndjson' } }))
    folder.write('refused.txt', 'line 2\n')
    folder.write('app.log', 'line 1\nline 2\nline 3\n')
    await folder.weir('run', '--once', '-q')
    expect(distinct(folder.file('out.txt'))).toEqual(['line 1', 'line 3'])
    const [letter] = distinct(folder.file('dead/dead.ndjson')).map((line) => JSON.parse(line))
    expect(letter).toMatchObject({
      ...{
        weir: 'dead_letter/1',
        component: 'exporter/picky',
        reason: 'permanent',
        error: 'not this one',
        attempts: 1,
      },
      record: { line: 'line 2' },
    })
    folder.write('refused.txt', '')
    const dry = await folder.weir('replay', 'dead/dead.ndjson', '--dry-run')
    expect(dry.stdout).toBe('1 records would be replayed\n  1 exporter/picky permanent\n')
    const done = await folder.weir('replay', 'dead/dead.ndjson')
    expect([done.code, done.stdout]).toEqual([0, '1 records replayed\n  1 exporter/picky permanent\n'])
    const again = await folder.weir('replay', 'dead/dead.ndjson')
    expect(again.stdout).toContain('0 records replayed; 1 were before')
    expect(distinct(folder.file('out.txt'))).toEqual(['line 1', 'line 3', 'line 2'])
  })

  it('goes through the running collector, to another exporter if told so', async () => {
    using folder = new Folder()
    folder.write('plugins.ts', plugins)
    folder.write(
      'weir.json',
      config(
        {},
        { dead_letter: { path: 'dead.ndjson' } },
        { 'logs/other': { receivers: ['file'], exporters: ['picky/b'] } },
        {
          'picky/b': { out: 'b.txt' },
        },
      ),
    )
    folder.write('refused.txt', 'line 2\n')
    folder.write('app.log', 'line 1\nline 2\n')
    const running = folder.start(['run'])
    await expect.poll(() => distinct(folder.file('dead.ndjson')).length).toBe(1)
    folder.write('refused.txt', '')
    const wrong = await folder.weir('replay', 'dead.ndjson', '--to', 'nowhere')
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('there is no nowhere')])
    const done = await folder.weir('replay', 'dead.ndjson', '--to', 'picky/b')
    expect([done.code, done.stdout]).toEqual([0, '1 records replayed\n  1 exporter/picky permanent\n'])
    expect(distinct(folder.file('b.txt')).filter((body) => body === 'line 2').length).toBeGreaterThanOrEqual(1)
    running.kill('SIGTERM')
    expect((await running.finished).code).toBe(0)
  })

  it('sends lines that were not understood, and records too long, through their receiver again', async () => {
    using folder = new Folder()
    folder.write('plugins.ts', plugins)
    const dead = { on_parse_error: 'dead_letter', max_log_size: 50, max_log_size_behavior: 'dead_letter' }
    folder.write('weir.json', config({ ...dead, dead_letter: { path: 'dead.ndjson' } }, {}))
    folder.write('app.log', `line 1\nwhat\nline ${'x'.repeat(100)}\nline 2\n`)
    await folder.weir('run', '--once', '-q')
    expect(distinct(folder.file('out.txt'))).toEqual(['line 1', 'line 2'])
    const letters = distinct(folder.file('dead.ndjson')).map((line) => JSON.parse(line))
    expect(letters.map(({ reason, record }) => [reason, record.line])).toEqual([
      ['unparsed', 'what'],
      ['over_size', `line ${'x'.repeat(45)}`],
    ])
    folder.write('lenient', '')
    const where = 'attributes["weir.dead_letter.reason"] == "unparsed"'
    const done = await folder.weir('replay', 'dead.ndjson', '--where', where)
    expect(done.stdout).toBe('1 records replayed; for 1 the condition is not true\n  1 receiver/file unparsed\n')
    expect(distinct(folder.file('out.txt'))).toEqual(['line 1', 'line 2', 'what'])
  })

  it('is not needed where dead letters have a pipeline, which gets the last of them when the collector stops', async () => {
    using folder = new Folder()
    folder.write('plugins.ts', plugins)
    folder.write(
      'weir.json',
      config(
        {},
        { dead_letter: { pipeline: 'logs/dead' } },
        { 'logs/dead': { exporters: ['picky/dead'] } },
        {
          'picky/dead': { out: 'dead.txt' },
        },
      ),
    )
    const bad = Array.from({ length: 5000 }, (_, index) => `line ${index}`)
    // Only the first exporter refuses: the other one sees a body that is not in the list.
    folder.write('plugins.ts', plugins.replace('bad.includes(body)', "config.out === 'out.txt' && bad.includes(body)"))
    folder.write('refused.txt', bad.join('\n'))
    folder.write('app.log', `${bad.join('\n')}\nline good\n`)
    const { code } = await folder.weir('run', '--once', '-q')
    expect(code).toBe(0)
    expect(distinct(folder.file('out.txt'))).toEqual(['line good'])
    expect(distinct(folder.file('dead.txt'))).toEqual(bad.map((body) => `${body} (permanent)`))
  })

  it('cannot begin with dead letters that have nowhere to go, or that come back to where they were refused', async () => {
    using folder = new Folder()
    folder.write('plugins.ts', plugins)
    folder.write('app.log', '')
    folder.write('weir.json', config({ on_parse_error: 'dead_letter' }, {}))
    expect((await folder.weir('validate')).stderr).toContain('file has dead letters that go nowhere')
    const circle = { dead_letter: { pipeline: 'logs/dead' } }
    folder.write('weir.json', config({}, circle, { 'logs/dead': { exporters: ['picky'] } }))
    expect((await folder.weir('validate')).stderr).toContain('feed each other in a circle')
  })
})
