import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatDiagnostics } from './diagnostic.ts'
import { type LoadOptions, loadConfig } from './load-config.ts'
import { locate } from './place.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-config-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Writes files by their names, and loads the config. */
async function load(files: { [name: string]: string }, options: Partial<LoadOptions> = {}) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const source = await loadConfig({ cwd: folder, files: [], env: {}, ...options })
  return { ...source, problems: formatDiagnostics(source.diagnostics, { color: false }) }
}

describe('locating', () => {
  it.each([
    ['weir.yaml', 'service: { workers: 1 }'],
    ['weir.yml', 'service: { workers: 1 }'],
    ['weir.json', '{ "service": { "workers": 1 } }'],
    ['weir.toml', '[service]\nworkers = 1'],
    ['weir.config.ts', 'const workers: number = 1\nexport default { service: { workers } }'],
    ['weir.config.js', 'export default async () => ({ service: { workers: 1 } })'],
    ['weir.config.mjs', 'export default { service: { workers: 1 } }'],
    ['package.json', '{ "name": "x", "type": "module", "weir": { "service": { "workers": 1 } } }'],
  ])('finds %s', async (name, text) => {
    const { files, value, problems, baseDir } = await load({ [name]: text })
    expect({ files, value, problems, baseDir }).toEqual({
      files: [name],
      value: { service: { workers: 1 } },
      problems: '',
      baseDir: folder,
    })
  })

  it('looks in the folders above, up to the root of the project', async () => {
    const files = { 'package.json': '{}', 'weir.yaml': 'service: {}', 'a/b/x.txt': '' }
    const found = await load(files, { cwd: join(folder, 'a', 'b') })
    expect(found.baseDir).toBe(folder)
    writeFileSync(join(folder, 'a', 'package.json'), '{ "name": "inner" }')
    const barred = await load({}, { cwd: join(folder, 'a', 'b') })
    expect(barred.problems).toBe(
      'error no config was found here or above (write a weir.yaml, or name a file: weir run path/to/weir.yaml)',
    )
    expect(barred.isReadable).toBe(false)
  })

  it('passes over a package.json without the key, or that cannot be read', async () => {
    expect((await load({ 'package.json': '{ broken', 'weir.toml': '[service]' })).files).toEqual(['weir.toml'])
  })

  it('says which named file is not there, and goes on with the others', async () => {
    const { problems, isReadable } = await load({ 'b.yaml': 'a: [' }, { files: ['a.yaml', 'b.yaml'] })
    expect(problems).toContain('error there is no file a.yaml')
    expect(problems).toContain('b.yaml:1:5 error')
    expect(isReadable).toBe(false)
  })

  it('says why a module cannot be imported', async () => {
    expect((await load({ 'weir.config.mjs': 'throw new Error("no luck")' })).problems).toMatch(
      /^error weir.config.mjs cannot be read: no luck/,
    )
    expect((await load({ 'c.mjs': 'export default 5' }, { files: ['c.mjs'] })).problems).toContain(
      'c.mjs:1:1 error the default export is no map of sections',
    )
  })
})

describe('reading YAML', () => {
  it('writes out anchors, aliases and merge keys, each with its place', async () => {
    const text = 'base: &base\n  a: 1\n  b: [x]\none:\n  <<: *base\n  b: 2\ntwo: *base\n'
    const { value, place } = await load({ 'weir.yaml': text })
    expect(value).toEqual({ base: { a: 1, b: ['x'] }, one: { a: 1, b: 2 }, two: { a: 1, b: ['x'] } })
    expect(locate(place, ['one', 'a'])).toMatchObject({ line: 2, column: 6 })
    expect(locate(place, ['one', 'b'])).toMatchObject({ line: 6, column: 6 })
    expect(locate(place, ['two'])).toMatchObject({ line: 7, column: 1, lineText: 'two: *base' })
  })

  it('keeps keys such as __proto__ as data', async () => {
    const { value } = await load({ 'weir.yaml': '__proto__: { polluted: 1 }\nconstructor: 2' })
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor'])
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })

  it('reads yes, dates and versions as YAML 1.2 does: text', async () => {
    const { value } = await load({ 'weir.yaml': '\ufeffa: yes\nb: 2024-01-01\nc: 1.2.3\nd: 0x1f\r\n404: e\n' })
    expect(value).toEqual({ a: 'yes', b: '2024-01-01', c: '1.2.3', d: 31, '404': 'e' })
  })

  it('takes an empty file for an empty config', async () => {
    expect(await load({ 'weir.yaml': '# nothing yet\n' })).toMatchObject({ value: {}, problems: '', isReadable: true })
    const { place } = await load({ 'weir.yaml': '' })
    expect(locate(place, [])).toMatchObject({ file: 'weir.yaml', line: 1, column: 1 })
  })

  it('says what to do about a substitution that YAML cannot read', async () => {
    expect((await load({ 'weir.yaml': 'a: [${env:PORT}]' })).problems).toContain(
      '(put ${…} in quotes between [ ] and { })',
    )
    const text = 'exporters:\n  webhook: { url: ${env:X}, preset: slack }\nservice:\n  pipelines: { logs: {} }\n'
    expect((await load({ 'weir.yaml': text })).problems.split('\n')[0]).toBe(
      'weir.yaml:2:20 error the brace of ${env:X} begins a map for YAML (put ${…} in quotes between [ ] and { })',
    )
  })

  it('tells the first fault of a file alone, since the others mostly follow from it', async () => {
    const text = 'a: { b: "c" d: 1 }\ne: [1\nf: 2\n'
    const { diagnostics } = await load(
      { 'weir.yaml': text, 'more.yaml': 'g: ]\n' },
      { files: ['weir.yaml', 'more.yaml'] },
    )
    expect(diagnostics.map(({ position }) => `${position?.file}:${position?.line}`)).toEqual([
      'weir.yaml:1',
      'more.yaml:1',
    ])
  })

  it('refuses an alias that holds itself', async () => {
    expect((await load({ 'weir.yaml': 'a: &a [*a]' })).problems).toMatch(/nests too deeply/)
  })
})

describe('reading TOML', () => {
  it('knows the lines of keys in tables, lists of tables and dotted keys', async () => {
    const text = '[a."b/c"]\nd.e = 1 # note\n\n[[list]]\nx = 1\n[[list]]\ny = "z"\n[list.sub]\nk = 1\n'
    const { value, place } = await load({ 'weir.toml': text })
    expect(value).toEqual({ a: { 'b/c': { d: { e: 1 } } }, list: [{ x: 1 }, { y: 'z', sub: { k: 1 } }] })
    expect(locate(place, ['a', 'b/c', 'd', 'e'])).toMatchObject({ line: 2, column: 7, endColumn: 8 })
    expect(locate(place, ['list', 1, 'y'])).toMatchObject({ line: 7, column: 5 })
    expect(locate(place, ['list', 1, 'sub', 'k'])).toMatchObject({ line: 9, column: 5 })
  })
})

describe('reading modules', () => {
  it('knows the file that a key comes from, if not the line', async () => {
    const files = {
      'weir.yaml': 'service: { workers: 1 }',
      'more.ts': 'export default { service: { state_dir: 1 }, x: 1 }',
    }
    const { place } = await load(files, { files: ['weir.yaml', 'more.ts'] })
    expect(locate(place, ['service', 'workers'])?.file).toBe('weir.yaml')
    expect(locate(place, ['service', 'state_dir'])?.file).toBe('more.ts')
    expect(locate(place, ['x', 'y'])?.file).toBe('more.ts')
  })
})

describe('a fault in the syntax', () => {
  it.each([
    ['weir.json', '{ "a": 1 "b": 2 }', 'is there a comma, a quote or a brace too many or too few?'],
    ['weir.toml', 'a = b c', 'write key = value'],
    ['weir.yaml', 'a: b: c', 'Texts with ": "'],
  ])('comes with advice in %s', async (name, text, hint) => {
    expect((await load({ [name]: text })).problems).toContain(hint)
  })
})

describe('reading anything', () => {
  const piece = fc.constantFrom(
    'a',
    ': ',
    '\n',
    '  ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '&x ',
    '*x',
    '<<: ',
    '=',
    '\t',
    '#',
    '${env:A}',
    '|',
    '1',
    '---\n',
    '\u0000',
    'é',
    '!t ',
  )
  it.each(['weir.yaml', 'weir.json', 'weir.toml'])('never throws: %s', async (name) => {
    const text = fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(''))
    await fc.assert(
      fc.asyncProperty(text, async (content) => {
        const { value, diagnostics } = await load({ [name]: content }, { files: [name] })
        expect(typeof value).toBe('object')
        for (const { position } of diagnostics) expect(position?.line).toBeGreaterThan(0)
      }),
      { numRuns: 300 },
    )
  })
})

describe('merging', () => {
  const files = {
    'a.yaml': 'exporters:\n  file: { path: a, tags: [x, y] }\nservice: { workers: 1 }\n',
    'b.yaml': 'exporters:\n  file:\n    tags: [z]\n  console:\n',
  }

  it('joins maps, replaces lists and scalars, and remembers the file of each', async () => {
    const { value, place } = await load(files, { files: ['a.yaml', 'b.yaml'] })
    expect(value).toEqual({ exporters: { file: { path: 'a', tags: ['z'] }, console: null }, service: { workers: 1 } })
    expect(locate(place, ['exporters', 'file', 'path'])).toMatchObject({ file: 'a.yaml', line: 2 })
    expect(locate(place, ['exporters', 'file', 'tags', 0])).toMatchObject({ file: 'b.yaml', line: 3 })
    expect(locate(place, ['exporters', 'file', 'tags', 1])).toMatchObject({ file: 'b.yaml', line: 3 })
    expect(locate(place, ['service', 'workers'])).toMatchObject({ file: 'a.yaml', line: 3 })
  })

  it('merges the chosen profile last', async () => {
    const text = 'service: { workers: 1 }\nprofiles:\n  prod:\n    service: { workers: 4 }\n  dev:\n'
    const chosen = await load({ 'weir.yaml': text }, { profile: 'prod' })
    expect(chosen.value).toEqual({ service: { workers: 4 } })
    expect(locate(chosen.place, ['service', 'workers'])).toMatchObject({ line: 4, column: 25 })
    expect((await load({}, { env: { WEIR_PROFILE: 'prod' } })).value).toEqual({ service: { workers: 4 } })
    expect((await load({}, { profile: 'dev', env: { WEIR_PROFILE: 'prod' } })).value).toEqual({
      service: { workers: 1 },
    })
    expect((await load({})).value).toEqual({ service: { workers: 1 } })
  })

  it('says when there is no such profile', async () => {
    const { problems } = await load({ 'weir.yaml': 'profiles:\n  prod: {}\n  dev: {}\n' }, { profile: 'prd' })
    expect(problems).toBe(
      'weir.yaml:1:1 error profiles: there is no profile "prd" (did you mean "prod"?)\n    1 | profiles:\n      | ^^^^^^^^',
    )
    expect((await load({}, { profile: 'staging' })).problems).toContain('(there are prod, dev)')
    expect((await load({ 'weir.yaml': 'a: 1' }, { profile: 'x' })).problems).toContain('(the config has none)')
    expect((await load({ 'weir.yaml': 'profiles: [a]' })).problems).toContain(
      'profiles must be a map of partial configs',
    )
  })
})

describe('substitution', () => {
  const env = { PORT: '8080', ON: 'true', NAME: 'ann', EMPTY: '', EVIL: '${env:NAME}', DIGITS: '007', LIST: '[1, 2]' }

  it('puts in variables, defaults and files', async () => {
    const text = `
a: \${env:PORT}
b: "\${env:PORT}"
c: '\${env:ON}'
d: \${env:ON}
e: http://\${env:NAME}:\${env:PORT}/$\${x}$$
f: \${env:MISSING:-30s}
g: \${env:EMPTY:-5}
h: \${env:EMPTY}
i: \${file:secret.txt}
j: \${env:EVIL}
k:
  - \${env:PORT}
  - { l: "\${env:MISSING:-}" }
m: \${env:LIST}
n: costs $5
`
    const { value, problems } = await load(
      { 'conf/weir.yaml': text, 'conf/secret.txt': 'pa$$w\n' },
      { files: ['conf/weir.yaml'], env },
    )
    expect(problems).toBe('')
    expect(value).toEqual({
      a: 8080,
      b: '8080',
      c: 'true',
      d: true,
      e: 'http://ann:8080/${x}$',
      f: '30s',
      g: 5,
      h: '',
      i: 'pa$$w',
      j: '${env:NAME}',
      k: [8080, { l: '' }],
      m: '[1, 2]',
      n: 'costs $5',
    })
  })

  it('types what comes from JSON and TOML, which have no other way to write it', async () => {
    expect((await load({ 'a.json': '{ "port": "${env:PORT}" }' }, { files: ['a.json'], env })).value).toEqual({
      port: 8080,
    })
    expect((await load({ 'a.toml': 'port = "${env:PORT}"' }, { files: ['a.toml'], env })).value).toEqual({ port: 8080 })
  })

  it('says where a substitution is unfinished, nested, or of a file too large', async () => {
    const text = 'a: x ${env:NAME\nb: ${env:A:-${env:B}}\nc: ${file:big}\nd: ${file:../none}\n'
    const { problems } = await load({ 'weir.yaml': text, big: 'x'.repeat(2 ** 20 + 1) }, { env })
    expect(problems.split('\n').filter((line) => line.includes('error'))).toEqual([
      'weir.yaml:1:6 error a: the substitution does not end here (close it by }; one cannot stand in another)',
      'weir.yaml:2:4 error b: the substitution does not end here (close it by }; one cannot stand in another)',
      'weir.yaml:3:4 error c: the file big is larger than 1 MiB (a substitution is meant for secrets and the like)',
      "weir.yaml:4:4 error d: the file ../none cannot be read: ENOENT: no such file or directory (the path starts from the config's folder)",
    ])
  })
})
