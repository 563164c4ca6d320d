import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { createInterface } from 'node:readline'
import { HttpServer } from '@weir/http-client/testing'
import { alertsOf, createComponent, TestClock, testServices } from '@weir/sdk/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import alertmanager from './index.ts'

const path = (env.PATH ?? '')
  .split(':')
  .flatMap((folder) => [join(folder, 'prometheus-alertmanager'), join(folder, 'alertmanager')])
  .find((one) => existsSync(one))

interface Seen {
  readonly labels: { readonly [name: string]: string }
  readonly annotations: { readonly [name: string]: string }
  readonly startsAt: string
  readonly endsAt: string
}

// Where everything is to be tested, a missing server is a failure.
describe.skipIf(path === undefined && env.CI === undefined)(
  'the Alertmanager (needs: apt-get install prometheus-alertmanager)',
  () => {
    let folder: string
    let process: ChildProcess
    let endpoint = ''
    let pager: HttpServer

    beforeAll(async () => {
      pager = await HttpServer.start((_, response) => void response.end())
      folder = mkdtempSync(join(tmpdir(), 'weir-alertmanager-'))
      const config = join(folder, 'alertmanager.yml')
      writeFileSync(
        config,
        `route: { receiver: pager, group_by: ['...'], group_wait: 0s, group_interval: 1s }
receivers: [{ name: pager, webhook_configs: [{ url: '${pager.url()}', send_resolved: true }] }]
`,
      )
      if (path === undefined) throw new Error('apt-get install prometheus-alertmanager')
      const place = ['--web.listen-address=127.0.0.1:0', '--cluster.listen-address=', `--storage.path=${folder}`]
      process = spawn(path, [`--config.file=${config}`, ...place], { stdio: ['ignore', 'ignore', 'pipe'] })
      if (process.stderr === null) throw new Error('it has no log')
      for await (const line of createInterface({ input: process.stderr })) {
        const address = /"?Listening on"? address=(\S+)/.exec(line)?.[1]
        if (address !== undefined) {
          endpoint = `http://${address}`
          break
        }
      }
      process.stderr.resume()
    })

    afterAll(async () => {
      if (process !== undefined && process.exitCode === null && process.signalCode === null) {
        const exited = once(process, 'exit')
        process.kill('SIGKILL')
        await exited
      }
      await pager[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    })

    const alerts = async (): Promise<Seen[]> => (await (await fetch(`${endpoint}/api/v2/alerts`)).json()) as Seen[]
    const notifications = () =>
      pager.requests.flatMap(({ body }) => JSON.parse(body).alerts.map(({ status }: { status: string }) => status))

    it('takes an alert, keeps it alive, tells of it, and of its end', async () => {
      const startedAt = Math.floor(Date.now() / 1000) * 1000 - 60_000
      const services = testServices({ clock: new TestClock(Date.now()) })
      const exporter = createComponent(alertmanager, { endpoint, resend_interval: '5m' }, services)
      const { signal: abortSignal } = new AbortController()
      await exporter.start?.()
      await exporter.export(alertsOf({ startedAt, time: startedAt, title: 'näher 😀 "x"' }), { abortSignal })
      const [first] = await alerts()
      expect(first).toMatchObject({
        labels: { alertname: 'error_rate/api', severity: 'critical', url_path: '/pay' },
        annotations: { title: 'näher 😀 "x"', samples: 'GET /pay 502\nGET /pay *503*' },
        startsAt: new Date(startedAt).toISOString(),
      })
      await expect.poll(notifications).toEqual(['firing'])
      await services.clock.advance(300_000)
      await expect
        .poll(async () => Date.parse((await alerts())[0]?.endsAt ?? ''))
        .toBe(Date.parse(first?.endsAt ?? '') + 300_000)
      const end = alertsOf({ startedAt, time: Date.now() - 1000, state: 'resolved' })
      await exporter.export(end, { abortSignal })
      expect(await alerts()).toEqual([])
      await expect.poll(notifications).toEqual(['firing', 'resolved'])
      await exporter.stop?.()
    })

    it('takes whatever a log can hold', async () => {
      const exporter = createComponent(alertmanager, { endpoint })
      const odd = ['\ud800 half', '\0\u001b[2J', '"\\\n', '']
      const batch = alertsOf(
        ...odd.map((text, index) => ({
          ...{ fingerprint: `odd ${index}`, title: text, rule: `odd/${text}`, samples: odd },
          group: { [text]: text, 'attributes.é': text },
        })),
      )
      await exporter.export(batch, { abortSignal: new AbortController().signal })
      await exporter.stop?.()
    })
  },
)
