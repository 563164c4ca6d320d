import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { gzipSync } from 'node:zlib'
import { Client } from '@elastic/elasticsearch'
import { started as runs, syslogNg } from '@weir/line-listener/testing'
import { pinoLoki } from 'pino-loki'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { createLogger } from 'winston'
import LokiTransport from 'winston-loki'
import { receiving } from './receiving.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-http-peers-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const messages = Array.from({ length: 300 }, (_, index) => `message ${index} of a peer`)
/** Missing peers are a notice to a newcomer, and a failure where everything is to be tested. */
const isWanted = (isThere: boolean): boolean => isThere || env.CI !== undefined

const folders = [...(env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].filter((one) => one !== '')
const program = (name: string) => folders.map((one) => join(one, name)).find((path) => existsSync(path))
const curl = program('curl')
const rsyslog =
  globSync('/usr/lib*/{rsyslog,*/rsyslog}/omelasticsearch.so').length > 0 ? program('rsyslogd') : undefined

/** Starts a program that runs until the test has finished. */
function started(path: string | undefined, args: readonly string[]): ChildProcess {
  if (path === undefined) throw new Error('this peer is not installed')
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  })
  return child
}

describe.skipIf(!isWanted(curl !== undefined))('curl (needs: apt-get install curl)', () => {
  async function run(...args: string[]): Promise<string> {
    const child = started(curl, ['--silent', '--show-error', '--max-time', '10', ...args])
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    await once(child, 'close')
    return text
  }

  it('posts a file, plain, in gzip and in one chunk after another', async () => {
    const { url, lines } = await receiving()
    const plain = join(folder, 'lines.log')
    const packed = join(folder, 'lines.log.gz')
    const text = messages.map((line) => `${line}\n`).join('')
    writeFileSync(plain, text)
    writeFileSync(packed, gzipSync(text))
    const status = ['--output', '/dev/null', '--write-out', '%{http_code}']
    expect(await run(...status, '--data-binary', `@${plain}`, url)).toBe('204')
    expect(await run(...status, '-H', 'Content-Encoding: gzip', '--data-binary', `@${packed}`, url)).toBe('204')
    expect(await run(...status, '-H', 'Transfer-Encoding: chunked', '-T', plain, `${url}/`)).toBe('404')
    expect(await run(...status, '-H', 'Transfer-Encoding: chunked', '-X', 'POST', '-T', '-', `${url}/`)).toBe('204')
    expect(lines()).toEqual([...messages, ...messages])
  })

  it('is not made to send a large body in vain', async () => {
    const { url } = await receiving({ max_request_body_size: '1KiB' })
    const large = join(folder, 'large.log')
    writeFileSync(large, 'x'.repeat(5_000_000))
    const sent = ['--output', '/dev/null', '--write-out', '%{http_code} %{size_upload}']
    expect(await run(...sent, '--expect100-timeout', '5', '--data-binary', `@${large}`, url)).toBe('413 0')
  })
})

describe("Elasticsearch's own client", () => {
  it('brings documents by its bulk helper, and is told which were refused', async () => {
    const { url, output } = await receiving()
    const client = new Client({ node: url, maxRetries: 0 })
    onTestFinished(() => client.close())
    expect(await client.ping()).toBe(true)
    const dropped: unknown[] = []
    const { successful, failed } = await client.helpers.bulk({
      datasource: messages.map((message) => ({ message })),
      flushBytes: 4000,
      onDocument: ({ message }) =>
        message === 'message 7 of a peer' ? { delete: { _index: 'a', _id: '1' } } : { create: { _index: 'logs' } },
      onDrop: ({ document }) => dropped.push(document),
    })
    expect({ successful, failed }).toEqual({ successful: 299, failed: 1 })
    expect(new Set(output.lines.map(({ source }) => source))).toEqual(new Set(['http/elasticsearch/logs']))
    expect(output.lines).toHaveLength(299)
  })
})

describe.skipIf(!isWanted(rsyslog !== undefined))('rsyslog (needs: apt-get install rsyslog-elasticsearch)', () => {
  it('brings documents to what it takes for Elasticsearch', async () => {
    const { port, until, lines } = await receiving()
    const input = join(folder, 'rsyslog.log')
    const config = join(folder, 'rsyslog.conf')
    writeFileSync(input, messages.map((text) => `${text}\n`).join(''))
    writeFileSync(
      config,
      `global(workDirectory="${folder}")
       module(load="imfile")
       module(load="omelasticsearch")
       input(type="imfile" file="${input}" tag="app")
       template(name="document" type="list" option.jsonf="on") {
         property(outname="message" name="msg" format="jsonf")
         property(outname="@timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")
       }
       action(type="omelasticsearch" server="127.0.0.1" serverport="${port}" bulkmode="on" template="document"
         searchIndex="logs" searchType="" errorfile="${join(folder, 'errors')}")
      `,
    )
    started(rsyslog, ['-n', '-f', config, '-i', join(folder, 'rsyslogd.pid')])
    await until(() => lines().length >= messages.length)
    expect(lines().map((line) => JSON.parse(line).message)).toEqual(messages)
    expect(existsSync(join(folder, 'errors'))).toBe(false)
  })
})

const ng = syslogNg()
/** Its `http()`, and what is built on it: packages of their own. */
const library = globSync(
  '/{opt/weir-peers/syslog-ng/,}usr/share/syslog-ng/include/scl/elasticsearch/elastic-http.conf',
)[0]
const hasHttp = globSync('/{opt/weir-peers/syslog-ng/,}usr/lib/{syslog-ng,*/syslog-ng}/*/libhttp.so').length > 0

describe.skipIf(!isWanted(ng !== undefined && hasHttp && library !== undefined))(
  'syslog-ng (needs: apt-get install syslog-ng-mod-http syslog-ng-scl)',
  () => {
    /** Reads the messages from a file, and sends them to a destination. */
    function sends(destination: string) {
      const input = join(folder, 'syslog-ng.log')
      const config = join(folder, 'syslog-ng.conf')
      writeFileSync(input, messages.map((text) => `${text}\n`).join(''))
      const text = [
        '@version: 3.38',
        `@include "${library}"`,
        `source messages { file("${input}" flags(no-parse) follow-freq(1) read-old-records(yes)); };`,
        `destination weir { ${destination}; };`,
        'log { source(messages); destination(weir); flags(flow-control); };',
      ]
      writeFileSync(config, text.map((line) => `${line}\n`).join(''))
      const file = (name: string) => join(folder, `syslog-ng.${name}`)
      const state = ['--persist-file', file('persist'), '--pidfile', file('pid'), '--control', file('ctl')]
      onTestFinished(() => rmSync(file('persist'), { force: true }))
      runs(ng, ['--foreground', '--no-caps', '--cfgfile', config, ...state])
    }

    it('brings documents by elasticsearch-http()', async () => {
      const { url, output, until, lines } = await receiving()
      sends(`elasticsearch-http(url("${url}/_bulk") index("logs") type("") workers(1) batch-timeout(100))`)
      await until(() => lines().length >= messages.length)
      expect(lines().map((line) => JSON.parse(line).MESSAGE)).toEqual(messages)
      expect(new Set(output.lines.map(({ source }) => source))).toEqual(new Set(['http/elasticsearch/logs']))
    })

    it('brings NDJSON by http()', async () => {
      const { url, until, lines } = await receiving()
      sends(
        `http(url("${url}/") method("POST") headers("Content-Type: application/x-ndjson") batch-lines(100) batch-timeout(100)
           workers(1) body("$(format-json --scope none message=$MESSAGE)"))`,
      )
      await until(() => lines().length >= messages.length)
      expect(lines().map((line) => JSON.parse(line).message)).toEqual(messages)
    })
  },
)

describe('agents of Loki', () => {
  it('pino-loki brings JSON', async () => {
    const { url, output, until } = await receiving()
    const transport = pinoLoki({ host: url, labels: { job: 'app' }, batching: { interval: 0.05 }, logFormat: '{msg}' })
    for (const [index, msg] of messages.entries())
      transport.write(`${JSON.stringify({ level: 50, time: 1764151200000 + index, msg, meta: { n: `${index}` } })}\n`)
    transport.end()
    await until(() => output.records.length === messages.length)
    expect(output.records.map(({ body }) => body)).toEqual(messages)
    expect(output.records[7]).toMatchObject({
      time: 1764151200007,
      severityNumber: 17,
      attributes: { job: 'app', level: 'error', n: '7' },
    })
  })

  it('winston-loki brings protobuf that was compressed by snappy', async () => {
    const { url, output, until } = await receiving()
    const transport = new LokiTransport({ host: url, json: false, interval: 1, labels: { job: 'app' } })
    onTestFinished(() => transport.close())
    const logger = createLogger({ transports: [transport] })
    for (const message of messages) logger.warn({ message, labels: { module: 'shop' } })
    await transport.flush()
    await until(() => output.records.length === messages.length)
    expect(output.records[0]).toMatchObject({
      time: expect.any(Number),
      severityNumber: 13,
      body: expect.stringContaining('message 0 of a peer'),
      attributes: { job: 'app', module: 'shop', level: 'warn' },
    })
    expect(Math.abs((output.records[0]?.time ?? 0) - Date.now())).toBeLessThan(60_000)
  })
})
