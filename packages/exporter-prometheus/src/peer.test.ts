import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { started } from './scraping.fixture.ts'

const path = (env.PATH ?? '')
  .split(':')
  .map((folder) => join(folder, 'prometheus'))
  .find(existsSync)
if (path === undefined && env.CI === undefined)
  console.warn('prometheus is not installed: its tests are skipped (apt-get install prometheus)')

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** A Prometheus that scrapes a port every 100 ms. @returns the address of its API */
async function scraping(port: number): Promise<string> {
  if (path === undefined) throw new Error('prometheus is not installed')
  const folder = mkdtempSync(join(tmpdir(), 'weir-prometheus-'))
  const scrape = {
    job_name: 'weir',
    scrape_interval: '100ms',
    scrape_timeout: '100ms',
    static_configs: [{ targets: [`127.0.0.1:${port}`] }],
  }
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify({ scrape_configs: [scrape] }))
  const own = await freePort()
  const child = spawn(
    path,
    [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${own}`,
    ],
    { stdio: 'ignore' },
  )
  onTestFinished(async () => {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
    rmSync(folder, { recursive: true, force: true })
  })
  return `http://127.0.0.1:${own}/api/v1`
}

/** What a query has for each series: its labels and value. */
async function asked(api: string, query: string): Promise<[object, string][]> {
  const response = await fetch(`${api}/query?query=${encodeURIComponent(query)}`).catch(() => undefined)
  if (response?.ok !== true) return []
  const { data }: { data: { result: { metric: { [label: string]: string }; value: [number, string] }[] } } = JSON.parse(
    await response.text(),
  )
  return data.result.map(({ metric: { __name__, instance, job, ...labels }, value }) => [labels, value[1]])
}

describe.skipIf(path === undefined && env.CI === undefined)('Prometheus', () => {
  it('scrapes what pipelines of metrics carry, and sees a series go stale', async () => {
    const { send, port, services } = await started({ metric_expiration: '1m' })
    const attributes = { 'url.path': '/a "quoted" \\ path', 'ünï.code': 'größe' }
    const count = { name: 'http.requests', kind: 'counter', temporality: 'delta', time: 0 } as const
    await send(
      { ...count, value: 3, attributes },
      { name: 'load', kind: 'gauge', value: 0.25, time: 0, attributes: {} },
    )
    const api = await scraping(port)
    const poll = (query: string) => expect.poll(() => asked(api, query), { interval: 100 })
    await poll('http_requests_total').toEqual([[{ url_path: '/a "quoted" \\ path', _n_code: 'größe' }, '3']])
    await send({ ...count, value: 4, attributes })
    await poll('http_requests_total').toMatchObject([[{}, '7']])
    await poll('load').toEqual([[{}, '0.25']])
    const response = await fetch(`${api}/metadata?metric=http_requests`)
    const metadata: unknown = await response.json()
    expect(metadata).toMatchObject({ data: { http_requests: [{ type: 'counter' }] } })
    await services.clock.advance(2 * 60_000)
    await poll('http_requests_total').toEqual([])
  }, 60_000)
})
