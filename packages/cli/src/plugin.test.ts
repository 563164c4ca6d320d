import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Folder } from './command.fixture.ts'

/** Writes a package that offers a parser of this type. */
function writePlugin(folder: Folder, name: string, type: string, manifest: object = {}): string {
  const path = folder.file(`source-of-${name.replace('/', '-')}-${type}`)
  mkdirSync(path)
  const base = { name, version: '1.0.0', type: 'module', weir: { components: './main.js' }, ...manifest }
  writeFileSync(join(path, 'package.json'), JSON.stringify(base))
  writeFileSync(
    join(path, 'main.js'),
    `import { defineParser } from '@weir/sdk'
     export default defineParser({ type: '${type}', description: 'A parser', create: () => ({ parse: () => true }) })`,
  )
  return path
}

function pack(path: string): string {
  const { stdout } = spawnSync('npm', ['pack', '--json'], { cwd: path, encoding: 'utf8' })
  return join(path, JSON.parse(stdout)[0].filename)
}

/** A registry that has these packages, each with its versions from the oldest on. */
async function registryOf(packages: { [name: string]: string[] }): Promise<{ server: Server; url: string }> {
  const tarballs = new Map<string, Buffer>()
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '')
    const tarball = tarballs.get(path)
    if (tarball !== undefined) return void response.end(tarball)
    const paths = packages[path.slice(1)]
    if (paths === undefined) return void response.writeHead(404).end('{}')
    const versions = paths.map((file) => {
      const manifest = JSON.parse(readFileSync(join(file, '..', 'package.json'), 'utf8'))
      const bytes = readFileSync(file)
      const at = `/${manifest.name}/-/${manifest.version}.tgz`
      tarballs.set(at, bytes)
      const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
      const attestations = { url, provenance: { predicateType: 'https://slsa.dev/provenance/v1' } }
      return { ...manifest, _npmUser: { name: 'ann' }, dist: { tarball: url + at, integrity, attestations } }
    })
    response.end(
      JSON.stringify({
        name: path.slice(1),
        'dist-tags': { latest: versions.at(-1).version },
        versions: Object.fromEntries(versions.map((version) => [version.version, version])),
      }),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  return { server, url }
}

describe('weir plugin', () => {
  it('adds a folder and a tarball, says what they bring, and takes them out again', async () => {
    using folder = new Folder()
    const one = writePlugin(folder, 'weir-plugin-one', 'one', {
      scripts: { install: "node -e \"fs.writeFileSync(process.env.INIT_CWD + String.fromCharCode(47) + 'ran', '')\"" },
      peerDependencies: { '@weir/sdk': '^0.1.0' },
    })
    const two = pack(writePlugin(folder, '@team/weir-plugin-two', 'two'))
    expect(await folder.weir('plugin', 'add', one, two)).toMatchObject({
      code: 0,
      stdout: 'added weir-plugin-one@1.0.0: parser one\nadded @team/weir-plugin-two@1.0.0: parser two\n',
    })
    expect(existsSync(folder.file('plugins.d/ran')) || existsSync(join(one, 'ran'))).toBe(false)
    expect(existsSync(folder.file('plugins.d/package-lock.json'))).toBe(true)
    const { stdout: components } = await folder.weir('components')
    expect(components).toMatch(/^parser +one +alpha +weir-plugin-one@1\.0\.0/m)
    const { stdout: list } = await folder.weir('plugin', 'list')
    expect(list).toMatch(/^weir-plugin-one +1\.0\.0 +parser one$/m)
    expect(await folder.weir('plugin', 'remove', 'weir-plugin-oen')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('did you mean weir-plugin-one?'),
    })
    expect((await folder.weir('plugin', 'remove', 'weir-plugin-one', '@team/weir-plugin-two')).code).toBe(0)
    expect((await folder.weir('plugin', 'list')).stdout).toContain('no plugins are installed')
  }, 60_000)

  it('adds from a registry, with publisher and provenance, and brings newer versions', async () => {
    using folder = new Folder()
    const old = pack(writePlugin(folder, 'weir-plugin-foo', 'foo'))
    const next = pack(writePlugin(folder, 'weir-plugin-foo', 'food', { version: '1.1.0' }))
    const { server, url } = await registryOf({ 'weir-plugin-foo': [old, next] })
    const weir = (...args: string[]) => folder.start(args, { npm_config_registry: url }).finished
    try {
      expect((await weir('plugin', 'add', 'weir-plugin-foo@1.0.0')).stdout).toBe(
        'added weir-plugin-foo@1.0.0: parser foo\n  publisher: ann\n  provenance: signed, from its repository\n',
      )
      expect((await weir('plugin', 'update')).stdout).toBe('updated weir-plugin-foo from 1.0.0 to 1.1.0\n')
      expect((await weir('plugin', 'list')).stdout).toMatch(/^weir-plugin-foo +1\.1\.0 +parser food$/m)
      expect((await weir('plugin', 'update')).stdout).toBe('nothing to update\n')
      const absent = await weir('plugin', 'add', 'weir-plugin-bar')
      expect(absent).toMatchObject({ code: 1, stderr: expect.stringContaining('weir: npm install failed:') })
    } finally {
      server.close()
    }
  }, 60_000)

  it('refuses what is no plugin, what is broken, and what is for another Weir, and leaves things as they were', async () => {
    using folder = new Folder()
    const good = writePlugin(folder, 'weir-plugin-good', 'good')
    await folder.weir('plugin', 'add', good)
    const nothing = writePlugin(folder, 'left-pad', 'nothing', { weir: undefined })
    const future = writePlugin(folder, 'weir-plugin-future', 'future', { peerDependencies: { '@weir/sdk': '^9.0.0' } })
    const broken = writePlugin(folder, 'weir-plugin-good', 'broken', { version: '2.0.0' })
    writeFileSync(join(broken, 'main.js'), 'throw new Error("out of order")')
    for (const [path, message] of [
      [nothing, 'left-pad is no Weir plugin'],
      [future, 'weir-plugin-future 1.0.0 needs @weir/sdk ^9.0.0, and this Weir has 0.1.0'],
      [broken, 'weir-plugin-good could not be loaded: out of order'],
    ] as const) {
      const { code, stderr } = await folder.weir('plugin', 'add', path)
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) })
    }
    expect((await folder.weir('plugin', 'list')).stdout).toMatch(
      /^PLUGIN +VERSION +COMPONENTS\nweir-plugin-good +1\.0\.0 +parser good\n$/,
    )
  }, 60_000)

  it('shows a plugin that has become unusable, while the others load', async () => {
    using folder = new Folder()
    await folder.weir(
      'plugin',
      'add',
      writePlugin(folder, 'weir-plugin-a', 'a'),
      writePlugin(folder, 'weir-plugin-b', 'b'),
    )
    writeFileSync(folder.file('plugins.d/node_modules/weir-plugin-a/main.js'), 'export default 7')
    const { stdout, stderr } = await folder.weir('components')
    expect(stderr).toContain('plugin weir-plugin-a has no component definition as its default export')
    expect(stdout).toMatch(/^parser +b /m)
    expect((await folder.weir('plugin', 'list')).stdout).toMatch(/^weir-plugin-a +1\.0\.0 +unusable: /m)
  }, 60_000)
})
