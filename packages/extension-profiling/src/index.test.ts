import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createComponent, extensionContract, testServices } from '@weir/sdk/testing'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import definition from './index.ts'

const stateDir = mkdtempSync(join(tmpdir(), 'weir-profiling-'))
afterAll(() => rmSync(stateDir, { recursive: true, force: true }))

async function started(config: object = {}) {
  const runMode = { once: false, isTerminal: false, baseDir: stateDir, stateDir }
  const services = testServices({ overrides: { run_mode: runMode } })
  const extension = createComponent(definition, { endpoint: '127.0.0.1:0', ...config }, services)
  await extension.start()
  onTestFinished(() => extension.stop())
  const port = 'port' in extension ? Number(extension.port) : 0
  const post = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', ...init })
    const body: { path: string; detail?: string } = JSON.parse(await response.text())
    return { status: response.status, body }
  }
  return { extension, post, ...services }
}

const permissions = (path: string) => statSync(path).mode & 0o777

describe('profiling', () => {
  for (const { name, run } of extensionContract(definition, { config: { endpoint: '127.0.0.1:0' } })) it(name, run)

  it('takes a CPU profile for as long as it is told, one at a time', async () => {
    const { post, clock } = await started()
    const profiling = post('/cpu?seconds=30')
    await expect.poll(() => clock.pending).toBe(1)
    expect(await post('/heap')).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('a CPU profile is being taken') },
    })
    await clock.advance(29_000)
    expect(clock.pending).toBe(1)
    await clock.advance(1000)
    const { status, body } = await profiling
    expect(status).toBe(200)
    expect(body.path).toMatch(/\/profiles\/cpu-20260101T000030000Z-\d+\.cpuprofile$/)
    expect(JSON.parse(readFileSync(body.path, 'utf8'))).toMatchObject({
      nodes: expect.any(Array),
      samples: expect.any(Array),
    })
    expect([permissions(body.path), permissions(join(body.path, '..'))]).toEqual([0o600, 0o700])
  })

  it('takes a heap snapshot', async () => {
    const { post } = await started()
    const { status, body } = await post('/heap')
    expect(status).toBe(200)
    expect(permissions(body.path)).toBe(0o600)
    expect(readFileSync(body.path, 'utf8').slice(0, 20)).toContain('"snapshot"')
  })

  it('keeps what there is of a profile when it is stopped', async () => {
    const { post, clock, extension } = await started()
    const profiling = post('/cpu').catch(() => {})
    await expect.poll(() => clock.pending).toBe(1)
    const before = readdirSync(join(stateDir, 'profiles')).length
    await clock.advance(1)
    await extension.stop()
    await profiling
    expect(clock.pending).toBe(0)
    await expect.poll(() => readdirSync(join(stateDir, 'profiles')).length).toBe(before + 1)
  })

  it.each([
    ['/cpu?seconds=0', {}, 400],
    ['/cpu?seconds=61', {}, 400],
    ['/cpu?seconds=x', {}, 400],
    ['/other', {}, 404],
    ['/heap', { method: 'GET' }, 405],
    ['/heap', { headers: { origin: 'http://evil.example' } }, 403],
  ])('refuses %s %j', async (path, init, status) => {
    const { post } = await started({ max_duration: '1m' })
    expect((await post(path, init)).status).toBe(status)
  })

  it('does not listen where anyone could come in', () => {
    for (const endpoint of ['0.0.0.0:1777', '[::]:1777', 'example.com:1777'])
      expect(() => createComponent(definition, { endpoint })).toThrow(
        expect.objectContaining({ code: 'WEIR_PROFILING_EXPOSED', configPath: ['endpoint'] }),
      )
    for (const endpoint of ['127.0.0.1:1777', 'localhost:1777', '[::1]:1777', '1777'])
      expect(createComponent(definition, { endpoint })).toBeDefined()
    expect(
      createComponent(definition, { endpoint: '0.0.0.0:1777', auth: { authenticator: 'bearer_auth' } }),
    ).toBeDefined()
  })
})
