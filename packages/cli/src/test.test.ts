import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Folder } from './command.fixture.ts'

const config = `
receivers:
  file/app: { include: [app.log], parser: json, on_parse_error: drop }
  file/trace: { include: [trace.log], parser: text, multiline: { line_start_pattern: '^[A-Z]' } }
detectors:
  pattern/disk: { patterns: [no space left], severity: critical }
processors:
  anomaly: { detectors: [pattern/disk] }
exporters:
  console:
  file/all: { path: '\${env:OUT}', batch: { flush_timeout: 1h } }
service:
  pipelines:
    logs: { receivers: [file/app, file/trace], processors: [anomaly], exporters: [file/all] }
    alerts: { receivers: [anomaly], exporters: [console] }
`
const line = '{"time":"2026-11-24T10:00:00Z","level":"error","msg":"no space left","user":{"id":7}}'
const passing = `
config: weir.yaml
env: { OUT: all.ndjson }
tests:
  - name: lines go through parser, multiline and on_parse_error
    input:
      - { to: file/app, lines: ['${line}', what is this] }
      - to: file/trace
        lines: |
          Started
            and went on
          Stopped
    expect:
      - at: file/all
        records:
          - time: 2026-11-24T10:00:00Z
            severityText: error
            body: no space left
            attributes: { user: { id: 7 } }
          - { body: "Started\\n  and went on" }
          - { body: Stopped }
      - at: file/app
        count: 1
      - at: logs
        contains: [{ attributes: { user.id: 7 } }]
        where: { any: attributes.user.id == 7, none: body == "what is this", all: body != "" }
      - alerts:
          - { rule: pattern/disk, severity: critical, title_matches: 'no space', time: 2026-11-24T10:00:00Z }
  - name: records can be given to a pipeline, and to a processor
    input:
      - to: processors.anomaly
        records: [{ time: 0, body: no space left on disk, severityNumber: 17, resource: { host.name: a } }]
    expect:
      - at: console
        alerts: [{ state: firing }]
      - at: exporters.file/all
        records: [{ time: 1970-01-01T00:00:00Z, body: no space left on disk, severityNumber: 17, resource: { host.name: a } }]
  - name: nothing in, nothing out
    input: []
    expect: [{ at: file/all, count: 0 }, { alerts: [] }]
`
const failing = `
config: weir.yaml
env: { OUT: all.ndjson }
tests:
  - name: expects <too> "much"
    input:
      - { to: file/app, lines: ['${line}'] }
    expect:
      - at: file/all
        count: { min: 2 }
      - at: file/all
        records:
          - { time: 2026-11-24T10:00:01Z, severityNumber: 17, body: no space left, attributes: { user: { id: 7 } } }
      - at: file/all
        contains: [{ body: no space at all }]
      - at: file/all
        where: { all: severityNumber < 17, any: body == "", none: body != "" }
      - alerts: []
  - name: passes
    input: []
    expect: [{ at: file/all, count: 0 }]
`

/** A folder with a config and test files by name. */
function folderWith(files: { readonly [name: string]: string }): Folder {
  const folder = new Folder()
  folder.write('weir.yaml', config)
  for (const [name, text] of Object.entries(files)) folder.write(name, text)
  return folder
}

describe('weir test', () => {
  it('runs the pipelines with what the tests give them', async () => {
    using folder = folderWith({ 'app.test.yaml': passing })
    const { code, stdout, stderr } = await folder.weir('test')
    expect(stderr).toBe('')
    expect(stdout).toMatch(/✓ lines go through[\s\S]*✓ records can be given[\s\S]*✓ nothing in[\s\S]*\n3 passed in /)
    expect(code).toBe(0)
  })

  it('shows each expectation that was not met, with its place and the difference', async () => {
    using folder = folderWith({ 'app.test.yaml': failing })
    const { code, stdout } = await folder.weir('test')
    expect(code).toBe(1)
    expect(stdout.replaceAll(/[\d.]+ ?m?s\b/g, 'N ms')).toBe(`app.test.yaml
  ✗ expects <too> "much" (N ms)
    app.test.yaml:10:9 file/all: expected at least 2 records, found 1
    app.test.yaml:12:9 file/all: what is found is not what is expected
      - - time: 2026-11-24T10:00:01.000Z
      + - time: 2026-11-24T10:00:00.000Z
          severityNumber: 17
          body: no space left
          attributes:
            user:
              id: 7
    app.test.yaml:15:20 file/all: none of 1 record is like this; the nearest:
      - - body: no space at all
      + - body: no space left
    app.test.yaml:17:23 file/all: this does not hold for 1 of 1 record, such as:
${shown}
    app.test.yaml:17:49 file/all: this holds for none of 1 record, such as:
${shown}
    app.test.yaml:17:67 file/all: this holds for 1 of 1 record, such as:
${shown}
    app.test.yaml:18:17 alerts: expected no alert, found 1
      + - rule: pattern/disk
      +   severity: critical
      +   title: "pattern found: no space left"
      +   time: 2026-11-24T10:00:00.000Z
  ✓ passes (N ms)
- expected  + found
1 passed, 1 failed in N ms
`)
  })

  it('says everything that is wrong with a test file, with its place', async () => {
    using folder = folderWith({
      'app.test.yaml': `
config: weir.yaml
env: { OUT: x }
tests:
  - name: one
    input:
      - { to: file/ap, lines: x }
      - { to: anomaly, lines: x }
      - { to: file/app, lines: x, file: y }
      - { to: file/app, file: missing.log }
    expect:
      - { at: file/al, count: 1 }
      - { at: file/all }
      - { count: 1 }
`,
      'schema.test.yaml': `
config: weir.yaml
now: yesterday
tests:
  - name: one
    input: [{ to: logs, records: [{ time: noon, attributes: { time: never } }] }]
    expect: [{ at: file/all, cuont: 1 }, { at: file/all, where: { all: 'severityNumber >' } }]
  - { name: one, input: [], expect: [] }
`,
      'config.test.yaml': 'config: [weir.yaml]\ntests: [{ name: one, input: [], expect: [{ alerts: [] }] }]\n',
      'list.test.yaml': '- one\n',
    })
    const { code, stdout, stderr } = await folder.weir('test')
    expect(code).toBe(2)
    expect(stdout).toMatch(/^0 passed, 4 files not valid in /)
    const heads = stderr.split('\n').filter((text) => / (error|warning) /.test(text) && !/^ +\d+ \|/.test(text))
    expect(heads.map((head) => head.replaceAll(/ENOENT.*?\(/g, 'ENOENT ('))).toMatchInlineSnapshot(`
      [
        "app.test.yaml:7:15 error tests[0].input[0].to: no pipeline of the config has "file/ap", to which something could be given (did you mean "file/app"?)",
        "app.test.yaml:8:9 error tests[0].input[1]: anomaly is a processor, which takes records (write records: instead)",
        "app.test.yaml:9:9 error tests[0].input[2]: expected one of lines, file and records (make it several inputs)",
        "app.test.yaml:10:31 error tests[0].input[3].file: missing.log cannot be read: ENOENT (the path starts from the folder of this file)",
        "app.test.yaml:12:15 error tests[0].expect[0].at: no pipeline of the config has "file/al" (did you mean "file/all"?)",
        "app.test.yaml:13:9 error tests[0].expect[1]: nothing is expected here (write one of count, records, contains, where, alerts)",
        "app.test.yaml:14:9 error tests[0].expect[2]: the key "at" is missing (name the point: an exporter, a pipeline, a processor or a receiver)",
        "weir.yaml:11:22 error exporters.file/all.path: the environment variable OUT is not set (set it, or give a default: \${env:OUT:-…})",
        "list.test.yaml:1:1 error list.test.yaml does not hold a map (begin with config: and tests:)",
        "schema.test.yaml:3:6 error now: "yesterday" is no time (write 2026-01-31, 2026-01-31T12:00:00Z, with a zone and up to nine digits of a second, or milliseconds)",
        "schema.test.yaml:6:43 error tests[0].input[0].records[0].time: "noon" is no time (write 2026-01-31, 2026-01-31T12:00:00Z, with a zone and up to nine digits of a second, or milliseconds)",
        "schema.test.yaml:7:30 error tests[0].expect[0].cuont: unknown key (did you mean "count"?)",
        "schema.test.yaml:7:88 error tests[0].expect[1].where.all: bad condition: the condition ends too early",
        "schema.test.yaml:8:13 error tests[1].name: another test has the name "one" (give it one of its own)",
        "schema.test.yaml:8:37 error tests[1].expect: must not be empty",
      ]
    `)
  })

  it('writes JUnit XML, and JSON', async () => {
    using folder = folderWith({ 'app.test.yaml': failing, 'bad.test.yaml': 'tests: []\n' })
    const { code, stdout } = await folder.weir('test', '--json', '--junit', 'out.xml')
    expect(code).toBe(2)
    const xml = readFileSync(folder.file('out.xml'), 'utf8')
    expect(xml).toContain('<testsuite name="app.test.yaml" tests="2" failures="1" errors="0" ')
    expect(xml).toMatch(
      /<testcase name="expects &lt;too&gt; &quot;much&quot;" .* line="5" time="[\d.]+"><failure message="file\/all: /,
    )
    expect(xml).toContain('app.test.yaml:10:9 file/all: expected at least 2 records, found 1\n')
    expect(xml).toContain('<testcase name="passes" ')
    expect(xml).toMatch(/<testsuite name="bad.test.yaml" tests="1" failures="0" errors="1" /)
    const [app, bad] = JSON.parse(stdout)
    expect(app.tests[0].failures[0]).toMatchObject({ position: { file: 'app.test.yaml', line: 10, column: 9 } })
    expect(app.tests[1]).toMatchObject({ name: 'passes', failures: [] })
    expect(bad.diagnostics[0]).toMatchObject({ severity: 'error', path: ['tests'] })
  })

  it('runs what --filter names, of the files and folders that are named', async () => {
    using folder = folderWith({ 'app.test.yaml': failing, 'other.test.yaml': passing })
    const chosen = await folder.weir('test', '--filter', 'PASSES', 'app.test.yaml')
    expect(chosen).toMatchObject({ code: 0, stdout: expect.stringMatching(/✓ passes .*\n1 passed/) })
    expect(await folder.weir('test', '--filter', 'no such')).toMatchObject({ code: 2 })
    expect(await folder.weir('test', 'missing.test.yaml')).toMatchObject({ code: 2 })
  })

  it('sees what a processor hands out at the end', async () => {
    using folder = folderWith({
      'plugin.ts': `import { defineProcessor } from '@weir/sdk'
export default defineProcessor({
  type: 'hold',
  create() {
    let held = null
    return { process(batch) { held = batch.copy(); return null }, flush: () => held }
  },
})`,
      'weir.yaml': `
plugins: { paths: [plugin.ts] }
receivers: { file: { include: [a], parser: text } }
processors: { hold: }
exporters: { console: }
service: { pipelines: { logs: { receivers: [file], processors: [hold], exporters: [console] } } }
`,
      'app.test.yaml': `
tests:
  - name: one
    input: [{ to: file, lines: x }]
    expect: [{ at: logs, count: 1 }, { at: hold, records: [{ body: x }] }, { at: console, count: 1 }]
`,
    })
    expect(await folder.weir('test')).toMatchObject({ code: 0, stderr: '' })
  })

  it('fails when a component throws', async () => {
    using folder = folderWith({
      'plugin.ts': `import { defineParser, defineProcessor } from '@weir/sdk'
export default [
  defineProcessor({ type: 'broken', create: () => ({ process: () => { throw new Error('out of order') } }) }),
  defineParser({ type: 'broken', create: () => ({ parse: () => { throw new Error('out of order') } }) }),
]`,
      'weir.yaml': `
plugins: { paths: [plugin.ts] }
receivers:
  file/a: { include: [a], parser: broken }
  file/b: { include: [b], parser: text }
processors: { broken: }
exporters: { console: }
service:
  pipelines:
    logs/a: { receivers: [file/a], exporters: [console] }
    logs/b: { receivers: [file/b], processors: [broken], exporters: [console] }
`,
      'app.test.yaml': `
tests:
  - { name: parser, input: [{ to: file/a, lines: x }], expect: [{ at: console, count: 1 }] }
  - { name: processor, input: [{ to: file/b, lines: x }], expect: [{ at: console, count: 0 }] }
`,
    })
    const { code, stdout } = await folder.weir('test')
    expect(code).toBe(1)
    expect(stdout).toMatch(/✗ parser .*\n {4}a parser threw[\s\S]*✗ processor .*\n {4}out of order/)
  })

  it('fails when a component never comes back, names it and where it is, and runs the tests that follow', async () => {
    using folder = folderWith({
      'plugin.ts': `import { defineProcessor, Type } from '@weir/sdk'

const kept: unknown[] = []
function spin(): never {
  for (;;) kept.length = 0
}
const deeds: { [how: string]: () => unknown } = {
  loops: spin,
  waits: () => new Promise(() => {}),
  ends: () => process.exit(3),
  hoards: () => { for (;;) kept.push({ kept: kept.length }) },
}
export default defineProcessor({
  type: 'bad',
  config: Type.Object({ how: Type.String({ description: 'What it does.', default: '' }) }),
  create: ({ config: { how } }) => ({
    async process(batch) {
      if (batch.body(0) === 'now') await deeds[how]?.()
      return batch
    },
  }),
})`,
      'weir.yaml': `
plugins: { paths: [plugin.ts] }
receivers:
  file/loops: { include: [a], parser: text }
  file/waits: { include: [b], parser: text }
  file/ends: { include: [c], parser: text }
processors:
  bad/loops: { how: loops }
  bad/waits: { how: waits }
  bad/ends: { how: ends }
exporters: { console: }
service:
  pipelines:
    logs/loops: { receivers: [file/loops], processors: [bad/loops], exporters: [console] }
    logs/waits: { receivers: [file/waits], processors: [bad/waits], exporters: [console] }
    logs/ends: { receivers: [file/ends], processors: [bad/ends], exporters: [console] }
`,
      'a.test.yaml': `
timeout: 6s
tests:
  - { name: loops, input: [{ to: file/loops, lines: now }], expect: [{ at: console, count: 1 }] }
  - { name: waits, timeout: 5s, input: [{ to: file/waits, lines: now }], expect: [{ at: console, count: 1 }] }
  - { name: ends, input: [{ to: file/ends, lines: now }], expect: [{ at: console, count: 1 }] }
  - { name: is well, timeout: 30s, input: [{ to: file/loops, lines: later }], expect: [{ at: console, count: 1 }] }
`,
      'b.test.yaml': `
tests:
  - { name: is well, too, input: [{ to: file/loops, lines: later }], expect: [{ at: console, count: 1 }] }
`.replace('is well, too', 'another file'),
    })
    const { code, stdout } = await folder.weir('test')
    const bad = 'processors.bad/loops or processors.bad/waits or processors.bad/ends'
    expect(stdout).toContain(`it did not end within 6s: ${bad} at plugin.ts:5 (spin) does not return`)
    expect(stdout).toContain('within 5s: processors.bad/waits has been given a batch and does not finish it')
    expect(stdout).toContain('something ended the process: process.exit(3)')
    expect(stdout.match(/✓ (is well|another file)/g)).toEqual(['✓ is well', '✓ another file'])
    expect(code).toBe(1)
  }, 240_000)

  it('says so when a plugin that is loaded for the tests ends the process', async () => {
    using folder = folderWith({
      'plugin.ts': 'process.exit(5)',
      'weir.yaml': `
plugins: { paths: [plugin.ts] }
receivers: { file: { include: [a] } }
exporters: { console: }
service: { pipelines: { logs: { receivers: [file], exporters: [console] } } }
`,
      'a.test.yaml': 'tests: [{ name: a, input: [{ to: file, lines: x }], expect: [{ at: console, count: 1 }] }]',
    })
    const { code, stderr } = await folder.weir('test')
    expect(stderr).toContain('the tests could not be run: something ended the process: process.exit(5)')
    expect(code).toBe(2)
  }, 60_000)
})

const shown = `        - time: 2026-11-24T10:00:00.000Z
          severityNumber: 17
          severityText: error
          body: no space left
          attributes:
            user:
              id: 7`
