import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadPlugins } from './load-plugins.ts'
import { usedWords } from './used-words.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-plugins-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(path: string, text: string | object): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), typeof text === 'string' ? text : JSON.stringify(text))
}

/** A module that defines a parser without importing anything: definitions are recognised by brand. */
const parser = (type: string) => `
  const definition = { kind: 'parser', type: '${type}', create: () => ({ parse: () => true }) }
  Object.defineProperty(definition, Symbol.for('weir.definition'), { value: 1 })
  export default definition
`

function writePackage(path: string, name: string, type: string): void {
  write(`${path}/package.json`, { name, version: '1.2.3', type: 'module', weir: { components: './main.js' } })
  write(`${path}/main.js`, parser(type))
}

const load = (more: Partial<Parameters<typeof loadPlugins>[0]> = {}) =>
  loadPlugins({ baseDir: folder, hosts: [], paths: [], ...more })

describe('plugins', () => {
  it('are found in the files of plugins.d, TypeScript among them', async () => {
    write('plugins.d/one.js', parser('one'))
    write('plugins.d/two.ts', `const unused: number = 1\n${parser('two')}`)
    write('plugins.d/two.test.ts', 'throw new Error("tests are no plugins")')
    write('plugins.d/notes.md', 'no plugin')
    const { registry, problems } = await load()
    expect(problems).toEqual([])
    expect(registry.types('parser')).toEqual(['one', 'two'])
  })

  it('are found among the dependencies of the project and of plugins.d', async () => {
    write('package.json', { dependencies: { 'weir-plugin-a': '1', 'not-a-plugin': '1' } })
    writePackage('node_modules/weir-plugin-a', 'weir-plugin-a', 'a')
    write('node_modules/not-a-plugin/package.json', { name: 'not-a-plugin' })
    write('plugins.d/package.json', { dependencies: { 'weir-plugin-b': '1' } })
    writePackage('plugins.d/node_modules/weir-plugin-b', 'weir-plugin-b', 'b')
    const { registry } = await load()
    expect(registry.all().map(({ packageName, version }) => `${packageName}@${version}`)).toEqual([
      'weir-plugin-a@1.2.3',
      'weir-plugin-b@1.2.3',
    ])
  })

  it('are only loaded where the config has a word of what they say that they offer', async () => {
    write('package.json', { dependencies: { 'weir-plugin-a': '1', 'weir-plugin-b': '1', 'weir-plugin-c': '1' } })
    for (const [name, kind] of [
      ['a', 'exporter'],
      ['b', 'exporter'],
      ['c', 'parser'],
    ] as const) {
      const weir = { components: './main.js', types: [`${kind}/${name}`] }
      write(`node_modules/weir-plugin-${name}/package.json`, { name: `weir-plugin-${name}`, type: 'module', weir })
      write(`node_modules/weir-plugin-${name}/main.js`, parser(name).replace("'parser'", `'${kind}'`))
    }
    const { registry } = await load({ words: usedWords({ exporters: { 'a/one': { path: 'x' } } }) })
    // Parsers always: any may be what `auto` finds.
    expect(registry.all().map(({ definition }) => definition.type)).toEqual(['a', 'c'])
    // What is installed is known all the same, for who mistypes it.
    expect(registry.types('exporter').toSorted()).toEqual(['a', 'b'])
  })

  it('are found in the project above a config in a folder below', async () => {
    write('package.json', {})
    write('plugins.d/one.js', parser('one'))
    mkdirSync(join(folder, 'deploy'))
    const { registry } = await load({ baseDir: join(folder, 'deploy') })
    expect(registry.types('parser')).toEqual(['one'])
  })

  it('are loaded from the paths that the config names', async () => {
    write('elsewhere/mine.js', parser('mine'))
    writePackage('elsewhere/package', 'weir-plugin-c', 'c')
    const { registry } = await load({ paths: ['elsewhere/mine.js', 'elsewhere/package'] })
    expect(registry.types('parser')).toEqual(['mine', 'c'])
  })

  it('can import the SDK from a folder that has none', async () => {
    write(
      'plugins.d/pipes.ts',
      `import { defineParser } from '@weir/sdk'
       export default defineParser({ type: 'pipes', create: () => ({ parse: (line: string) => line.includes('|') }) })`,
    )
    const main = `
      import { loadPlugins } from ${JSON.stringify(import.meta.resolve('./load-plugins.ts'))}
      const { registry, problems } = await loadPlugins({ baseDir: ${JSON.stringify(folder)}, hosts: [], paths: [] })
      console.log(JSON.stringify([registry.types('parser'), problems]))`
    const child = spawnSync(process.execPath, ['--input-type=module', '--eval', main], { encoding: 'utf8' })
    expect(child).toMatchObject({ stdout: '[["pipes"],[]]\n', stderr: '' })
  })

  it('that are broken are named with what to do, and the others load', async () => {
    write('plugins.d/broken.js', 'import "no-such-package"')
    write('plugins.d/empty.js', 'export const nothing = 1')
    write('plugins.d/good.js', parser('good'))
    const { registry, problems } = await load()
    expect(registry.types('parser')).toEqual(['good'])
    expect(problems.map(({ error }) => error.code)).toEqual(['WEIR_PLUGIN_LOAD', 'WEIR_PLUGIN_EXPORT'])
    expect(problems[0]?.error.message).toContain(join(folder, 'plugins.d/broken.js'))
  })

  it('that have not been built are named with how to', async () => {
    writePackage('plugins.d/node_modules/weir-plugin-a', 'weir-plugin-a', 'a')
    write('plugins.d/package.json', { dependencies: { 'weir-plugin-a': '1' } })
    rmSync(join(folder, 'plugins.d/node_modules/weir-plugin-a/main.js'))
    const { problems } = await load()
    expect(problems.map(({ error: { message, hint } }) => [message, hint])).toEqual([
      [
        expect.stringMatching(/weir-plugin-a could not be loaded: there is no .*main\.js/),
        expect.stringMatching(/npm run build/),
      ],
    ])
  })

  it('that offer the same type are an error that names both, until the config prefers one', async () => {
    write('plugins.d/one.js', parser('same'))
    write('plugins.d/two.js', parser('same'))
    const { registry, problems } = await load()
    expect(registry.find('parser', 'same')?.packageName).toBe(join(folder, 'plugins.d/one.js'))
    expect(problems[0]?.error.message).toMatch(/"same" is offered by .*one\.js and by .*two\.js/)
    const second = join(folder, 'plugins.d/two.js')
    const settled = await load({ prefer: { 'parser/same': second } })
    expect(settled.problems).toEqual([])
    expect(settled.registry.find('parser', 'same')?.packageName).toBe(second)
  })
})
