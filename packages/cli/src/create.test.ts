import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sections } from '@weir/sdk'
import { describe, expect, it } from 'vitest'
import { Folder } from './command.fixture.ts'
import { sdkSpec, toolVersions } from './plugin-package.ts'

const root = join(import.meta.dirname, '../../..')
const isWindows = process.platform === 'win32'

/** Runs a program to its end; shows what it printed if it fails. */
function run(cwd: string, program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', shell: isWindows })
  expect(status, `${program} ${args.join(' ')}\n${stdout}${stderr}`).toBe(0)
  return stdout
}

describe('weir create', () => {
  it('writes a package of every kind that is green outside this repository, builds, and loads', async () => {
    using folder = new Folder()
    run(join(root, 'packages/sdk'), 'pnpm', 'pack', '--pack-destination', folder.path)
    const sdk = readdirSync(folder.path).find((name) => name.endsWith('.tgz')) ?? ''
    for (const kind of Object.keys(sections)) {
      expect((await folder.weir('create', kind, `my-${kind}`)).code).toBe(0)
    }
    // One install for all: the packages as workspaces of one project, with the SDK as it would be published.
    folder.write('package.json', { private: true, workspaces: ['weir-plugin-*'] })
    for (const kind of Object.keys(sections)) {
      const path = folder.file(`weir-plugin-my-${kind}/package.json`)
      const manifest = JSON.parse(readFileSync(path, 'utf8'))
      manifest.devDependencies['@weir/sdk'] = `file:../${sdk}`
      writeFileSync(path, JSON.stringify(manifest))
    }
    run(folder.path, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline')
    expect(run(folder.path, 'npx', 'vitest', 'run')).toMatch(/Test Files .*7 passed/)
    expect(run(folder.file('weir-plugin-my-detector'), 'npm', 'test')).toMatch(/Test Files .*1 passed/)
    for (const kind of Object.keys(sections)) {
      const own = folder.file(`weir-plugin-my-${kind}`)
      // It is built when it is packed.
      run(own, 'npm', 'pack')
      const packed = run(own, 'tar', '-tzf', `weir-plugin-my-${kind}-0.1.0.tgz`).trim().split('\n')
      expect(packed.sort()).toEqual([
        'package/README.md',
        'package/dist/index.d.ts',
        'package/dist/index.js',
        'package/package.json',
      ])
      renameSync(join(own, 'src'), join(own, 'source-is-away'))
      const { stdout, stderr } = await folder.weir('validate', join(own, 'weir.yaml'), '--plugin', own)
      expect({ kind, stderr }).toEqual({ kind, stderr: '' })
      expect(stdout).toContain('valid')
    }
  }, 600_000)

  it('refuses what is no kind, what is no name, and to write over what is there', async () => {
    using folder = new Folder()
    expect(await folder.weir('create', 'detecter', 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/there is no kind/),
    })
    expect(await folder.weir('create', 'detector', 'Slow Query')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/is no name/),
    })
    expect((await folder.weir('create', 'detector', 'burst')).code).toBe(0)
    expect(await folder.weir('create', 'detector', 'burst')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/is there already/),
    })
  })

  it('writes a package that a checkout, whose SDK is not published, can install and test as it is', async () => {
    using folder = new Folder()
    expect((await folder.weir('create', 'parser', 'pipes')).code).toBe(0)
    const own = folder.file('weir-plugin-pipes')
    run(own, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline')
    expect(run(own, 'npm', 'test')).toMatch(/Test Files .*1 passed/)
  }, 600_000)

  it('takes the published SDK where the command is installed', () => {
    using folder = new Folder()
    const installed = pathToFileURL(`${folder.file('node_modules/@weir/cli')}/`)
    expect(sdkSpec(installed)).toMatch(/^\^\d+\.\d+\.\d+$/)
  })

  it('gives new plugins the tools that this repository has', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    expect(devDependencies).toMatchObject(toolVersions)
  })
})

describe('weir dev', () => {
  it('runs the plugin from its source, and again when that changes', async () => {
    using folder = new Folder()
    await folder.weir('create', 'parser', 'pipes')
    const own = folder.file('weir-plugin-pipes')
    const config = join(own, 'weir.yaml')
    writeFileSync(config, readFileSync(config, 'utf8').replace('  console:', '  console: { format: json }'))
    writeFileSync(join(own, 'app.log'), 'ERROR|ann|one\n')
    const command = folder.start(['dev', 'weir-plugin-pipes'])
    await expect.poll(() => command.stdout).toContain('"user.name":"ann"')
    const source = join(own, 'src/index.ts')
    writeFileSync(source, readFileSync(source, 'utf8').replace("'user.name'", "'enduser.id'"))
    await expect.poll(() => command.stderr).toContain('reloaded')
    writeFileSync(join(own, 'app.log'), 'ERROR|ann|one\nERROR|bob|two\n')
    await expect.poll(() => command.stdout).toContain('"enduser.id":"bob"')
    command.kill('SIGTERM')
    expect((await command.finished).code).toBe(0)
  }, 30_000)
})
