import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '@weir/sdk'
import { batchOf } from '@weir/sdk/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { ControlServer } from './control-server.ts'
import { reachableSocketPath } from './control-socket.ts'
import type { TappedPipeline } from './tap-name.ts'
import { TapPoints } from './tap-points.ts'

const pipelines: readonly TappedPipeline[] = [
  {
    name: 'logs',
    receivers: [{ id: 'file' }],
    processors: [],
    exporters: [
      { id: 'file', kind: 'exporter' },
      { id: 'webhook', kind: 'exporter' },
    ],
  },
]
const machineClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    return { cancel: () => clearTimeout(timer) }
  },
  every(ms, callback) {
    const timer = setInterval(callback, ms)
    return { cancel: () => clearInterval(timer) }
  },
  sleep: (ms) => sleep(ms),
}
const status = {
  pid: 1,
  time: 0,
  uptimeMs: 0,
  phase: 'running' as const,
  files: [],
  cpuMs: 0,
  rssBytes: 0,
  heapBytes: 0,
  receivers: [],
  pipelines: [],
  exporters: [],
  alerts: { firing: 0, recent: [] },
}

const folder = mkdtempSync(join(tmpdir(), 'weir-control-'))
const open: ControlServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
  rmSync(folder, { recursive: true, force: true })
})

async function serve(stateDir = join(folder, 'state')) {
  if (stateDir !== 'memory') mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const taps = new TapPoints(() => {})
  const reload = async () => ({ outcome: 'reloaded' as const, diagnostics: [], plugins: [] })
  const replay = async () => 0
  const view = { clock: machineClock, taps, pipelines: () => pipelines, status: () => status, reload, replay }
  const { server, path } = await ControlServer.open(view, stateDir)
  open.push(server)
  return { server, path, point: taps.at({ kind: 'receiver', id: 'file' }) }
}

async function ask(socketPath: string, path: string, method = 'GET'): Promise<{ code: number; text: string }> {
  const asking = request({ socketPath, path, method, agent: false }).end()
  asking.on('error', () => {})
  const [answer] = await once(asking, 'response')
  let text = ''
  for await (const part of answer) text += part
  return { code: answer.statusCode, text }
}

describe('the control socket', () => {
  it('is open to its owner alone, and gone when the collector stops', async () => {
    const { server, path } = await serve()
    expect(path).toBe(join(folder, 'state', 'control.sock'))
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(folder, 'state'))).toEqual(['control.sock'])
    await server.close()
    expect(existsSync(path)).toBe(false)
  })

  it('is in a private folder of its own where no state is kept', async () => {
    const { server, path } = await serve('memory')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700)
    await server.close()
    expect(existsSync(join(path, '..'))).toBe(false)
  })

  it('takes the place of what a killed process left behind', async () => {
    mkdirSync(join(folder, 'state'), { recursive: true })
    writeFileSync(join(folder, 'state', 'control.sock'), 'stale')
    const { path } = await serve()
    expect((await ask(path, '/v1/status')).code).toBe(200)
  })

  it('says what to do where its path is longer than the system allows', async () => {
    const long = join(folder, 'x'.repeat(120))
    await expect(serve(long)).rejects.toThrow(/the path of the control socket is too long: .*\(\d+ bytes, 10[37] go\)/)
    expect(readdirSync(long)).toEqual([])
    expect(() => reachableSocketPath(join(long, 'control.sock'))).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/state_dir/) }),
    )
  })
})

describe('the control protocol', () => {
  it('tells the status and the points, and reloads', async () => {
    const { path } = await serve()
    expect(JSON.parse((await ask(path, '/v1/status')).text)).toEqual(status)
    const { points } = JSON.parse((await ask(path, '/v1/points')).text)
    expect(points.map((point: { path: string }) => point.path)).toEqual([
      'receivers.file',
      'pipelines.logs',
      'exporters.file',
      'exporters.webhook',
    ])
    expect(JSON.parse((await ask(path, '/v1/reload', 'POST')).text).outcome).toBe('reloaded')
  })

  it.each([
    ['/v2/status', 404, 'WEIR_CONTROL_UNKNOWN'],
    ['/v1/reload', 404, 'WEIR_CONTROL_UNKNOWN'],
    ['//', 404, 'WEIR_CONTROL_UNKNOWN'],
    ['/v1/tap?id=webhok', 404, 'WEIR_TAP_UNKNOWN'],
    ['/v1/tap?id=file', 400, 'WEIR_TAP_AMBIGUOUS'],
    ['/v1/tap?id=webhook&where=severty+%3E+3', 400, 'WEIR_CONDITION_INVALID'],
    ['/v1/tap?id=webhook&limit=-1', 400, 'WEIR_CONTROL_QUERY'],
    ['/v1/tap?id=webhook&rate=many', 400, 'WEIR_CONTROL_QUERY'],
  ])('refuses GET %s with %d and %s', async (url, code, name) => {
    const { path } = await serve()
    const answer = await ask(path, url)
    expect(answer.code).toBe(code)
    expect(JSON.parse(answer.text).error).toMatchObject({ code: name, hint: expect.any(String) })
  })

  it('takes requests of bounded length only', async () => {
    const { path } = await serve()
    const long = ask(path, `/v1/status?${'x'.repeat(100_000)}`)
    // It is refused before it has been sent, so that the answer may not be heard.
    expect(await long.then(({ code }) => code).catch(() => 431)).toBe(431)
    expect((await ask(path, '/v1/status')).code).toBe(200)
  })

  it('shows records that pass, with the condition and up to the limit', async () => {
    const { path, point } = await serve()
    const where = encodeURIComponent('body.startsWith("b")')
    const asking = request({
      socketPath: path,
      path: `/v1/tap?id=receivers.file&limit=2&where=${where}`,
      agent: false,
    }).end()
    const [answer] = await once(asking, 'response')
    point.pass(batchOf(['a1', 'b1', 'c1', 'b2', 'b3']))
    let text = ''
    for await (const part of answer) text += part
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toMatchObject([{ body: 'b1' }, { body: 'b2' }, { tap: { passed: 5, shown: 2, reason: 'limit' } }])
  })

  it('is not held up by a reader that does not read, and does not keep what it does not take', async () => {
    const { server, path, point } = await serve()
    const socket = connect(path)
    socket.pause()
    socket.write('GET /v1/tap?id=receivers.file&rate=10000 HTTP/1.1\r\nHost: weir\r\n\r\n')
    await expect.poll(() => point.isWatched).toBe(true)
    const batch = batchOf(Array.from({ length: 100 }, () => 'x'.repeat(20_000)))
    for (let round = 0; round < 50; round++) point.pass(batch)
    expect(point.records).toBe(5000)
    const closed = server.close()
    // All that was kept for it, of the four megabytes that the rate lets it have.
    let kept = 0
    socket.on('data', ({ length }) => {
      kept += length
    })
    socket.resume()
    await Promise.all([closed, once(socket, 'close')])
    expect(kept).toBeGreaterThan(0)
    expect(kept).toBeLessThan(1e6)
    expect(existsSync(path)).toBe(false)
  })

  it('says how much it dropped to a reader that reads late', async () => {
    const { server, path, point } = await serve()
    const asking = request({ socketPath: path, path: '/v1/tap?id=receivers.file&rate=10000', agent: false }).end()
    const [answer] = await once(asking, 'response')
    const batch = batchOf(Array.from({ length: 100 }, () => 'x'.repeat(20_000)))
    for (let round = 0; round < 50; round++) point.pass(batch)
    const closed = server.close()
    let text = ''
    for await (const part of answer) text += part
    await closed
    const { passed, shown, dropped } = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '').tap
    expect(passed).toBe(5000)
    expect(shown).toBe(text.trimEnd().split('\n').length - 1)
    expect(dropped).toBeGreaterThan(50)
  })

  it('ends its taps when the collector stops, and says why', async () => {
    const { server, path, point } = await serve()
    const answer = ask(path, '/v1/tap?id=receivers.file')
    await expect.poll(() => point.isWatched).toBe(true)
    await server.close()
    const { text } = await answer
    expect(JSON.parse(text.trimEnd()).tap.reason).toBe('stopped')
  })

  it('no longer looks on when the reader has gone', async () => {
    const { path, point } = await serve()
    const asking = request({ socketPath: path, path: '/v1/tap?id=receivers.file', agent: false }).end()
    asking.on('error', () => {})
    await once(asking, 'response')
    expect(point.isWatched).toBe(true)
    asking.destroy()
    await expect.poll(() => point.isWatched).toBe(false)
  })
})
