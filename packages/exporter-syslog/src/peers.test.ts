import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Authority, hasTlsDriver, isWanted, program, started, syslogNg } from '@weir/line-listener/testing'
import type { Input } from '@weir/sdk/testing'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { exporting } from './receiving.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-syslog-exporter-peers-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const openssl = program('openssl')
const rsyslog = hasTlsDriver() && openssl !== undefined ? program('rsyslogd') : undefined
const ng = openssl === undefined ? undefined : syslogNg()

const inputs: Input[] = [
  ...Array.from({ length: 300 }, (_, index) => ({ severityNumber: 9, body: `message ${index}: größe €` })),
  {
    body: 'all of it',
    attributes: {
      priority: 34,
      hostname: 'web-1',
      appname: 'su',
      proc_id: '42',
      msg_id: 'ID47',
      structured_data: { 'a@1': { x: 'q"]\\' } },
    },
  },
  { body: 'two\n<0>lines', attributes: { hostname: 'a b', appname: 'c d' } },
]

/** What the peer should write, as `priority|host|app|process|message id|data|message`. */
const rfc5424 = [
  ...Array.from({ length: 300 }, (_, index) => `166|h|app|-|-|-|message ${index}: größe €`),
  '34|web-1|su|42|ID47|[a@1 x="q\\"\\]\\\\"]|all of it',
  '165|a_b|c_d|-|-|-|two#012<0>lines',
]
const rfc3164 = [
  ...Array.from({ length: 300 }, (_, index) => `166|h|app|message ${index}: größe €`),
  '34|web-1|su|all of it',
  '165|a_b|c_d|two#012<0>lines',
]

/** RFC 3164 has no process, id and data here; rsyslog counts the space after the tag to the message. */
const withoutData = (line: string) => line.replace(/^([^|]*\|[^|]*\|[^|]*)\|[^|]*\|[^|]*\|[^|]*\| ?/, '$1|')

async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  const servers = []
  for (let index = 0; index < count; index++) {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (typeof address === 'object' && address !== null) ports.push(address.port)
    servers.push(server)
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve))
  return ports
}

/** Ways to a peer that listens on these ports, and what it should write of each. */
async function routes(name: string) {
  const authority = new Authority(join(folder, `${name}-authority`))
  const server = authority.issue('server')
  const client = authority.issue('client')
  const [udp = 0, lines = 0, counting = 0, old = 0, secure = 0] = await freePorts(5)
  const tls = { ca_file: authority.certificate, cert_file: client.cert, key_file: client.key }
  const configs = {
    udp: { network: 'udp', port: udp },
    lines: { port: lines },
    counting: { port: counting, enable_octet_counting: true },
    old: { port: old, protocol: 'rfc3164' },
    secure: { port: secure, tls },
  }
  return {
    server,
    ca: authority.certificate,
    ports: { udp, lines, counting, old, secure },
    path: (route: string) => join(folder, `${name}-${route}.out`),
    /** Sends everything every way, as soon as the peer listens. */
    async expectAll(): Promise<void> {
      for (const [route, config] of Object.entries(configs)) {
        const { send, clock } = exporting({ endpoint: '127.0.0.1', hostname: 'h', appname: 'app', ...config })
        // syslog-ng sends no ticket that says that it has taken our certificate: time passes until it counts as taken.
        const ticking = setInterval(() => void clock.advance(100), 10)
        onTestFinished(() => clearInterval(ticking))
        await expect
          .poll(() => send(inputs.slice(0, 1)).then(String, (error: Error) => error.message))
          .toBe('undefined')
        await send(inputs.slice(1))
        const path = join(folder, `${name}-${route}.out`)
        const written = () =>
          (existsSync(path) ? readFileSync(path, 'utf8') : '')
            .split('\n')
            .filter((line) => line !== '' && !/syslog-ng|rsyslogd/.test(line))
            .map((line) => (route === 'old' ? withoutData(line) : line))
        await expect.poll(written).toEqual(route === 'old' ? rfc3164 : rfc5424)
      }
    },
  }
}

describe.skipIf(!isWanted(rsyslog))('rsyslog (needs: apt-get install rsyslog rsyslog-gnutls openssl)', () => {
  it('reads every message once, in order, over UDP, TCP, counted TCP and mutual TLS', async () => {
    const { ports, path, ca, server, expectAll } = await routes('rsyslog')
    const ruleset = (name: string) =>
      `ruleset(name="${name}") { action(type="omfile" file="${path(name)}" template="fields" flushOnTXEnd="on") }`
    const driver =
      'StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.Authmode="x509/name" PermittedPeer=["client"]'
    const file = join(folder, 'rsyslog.conf')
    writeFileSync(
      file,
      `global(workDirectory="${folder}" DefaultNetstreamDriverCAFile="${ca}"
         DefaultNetstreamDriverCertFile="${server.cert}" DefaultNetstreamDriverKeyFile="${server.key}")
       template(name="fields" type="string"
         string="%pri%|%hostname%|%app-name%|%procid%|%msgid%|%structured-data%|%msg%\\n")
       module(load="imudp") module(load="imtcp")
       ${Object.keys(ports).map(ruleset).join('\n')}
       input(type="imudp" address="127.0.0.1" port="${ports.udp}" ruleset="udp" rcvbufSize="4m")
       input(type="imtcp" address="127.0.0.1" port="${ports.lines}" ruleset="lines")
       input(type="imtcp" address="127.0.0.1" port="${ports.counting}" ruleset="counting")
       input(type="imtcp" address="127.0.0.1" port="${ports.old}" ruleset="old")
       input(type="imtcp" address="127.0.0.1" port="${ports.secure}" ruleset="secure" ${driver})
      `,
    )
    started(rsyslog, ['-n', '-f', file, '-i', join(folder, 'rsyslog.pid')])
    await expectAll()
  })
})

describe.skipIf(!isWanted(ng))('syslog-ng (needs: apt-get install syslog-ng-core openssl)', () => {
  it('reads every message once, in order, over UDP, TCP, counted TCP and mutual TLS', async () => {
    const { ports, path, ca, server, expectAll } = await routes('ng')
    const template =
      "\"${PRI}|${HOST}|${PROGRAM}|${PID:--}|${MSGID:--}|$(if ('${SDATA}' eq '') '-' '${SDATA}')|${MESSAGE}\\n\""
    const out = (name: string) =>
      `destination out_${name} { file("${path(name)}" template(${template}) flush-lines(1)); };
       log { source(in_${name}); destination(out_${name}); };`
    const tls = `tls(ca-file("${ca}") cert-file("${server.cert}") key-file("${server.key}") peer-verify(required-trusted))`
    const file = join(folder, 'ng.conf')
    writeFileSync(
      file,
      `@version: 3.35
       options { stats-freq(0); keep-hostname(yes); use-dns(no); };
       source in_udp { syslog(ip("127.0.0.1") port(${ports.udp}) transport("udp") so-rcvbuf(4194304)); };
       source in_lines { network(ip("127.0.0.1") port(${ports.lines}) transport("tcp") flags(syslog-protocol)); };
       source in_counting { syslog(ip("127.0.0.1") port(${ports.counting}) transport("tcp")); };
       source in_old { network(ip("127.0.0.1") port(${ports.old}) transport("tcp")); };
       source in_secure { syslog(ip("127.0.0.1") port(${ports.secure}) transport("tls") ${tls}); };
       ${Object.keys(ports).map(out).join('\n')}
      `,
    )
    const at = (name: string) => join(folder, `ng.${name}`)
    started(ng, ['-F', '-f', file, '-R', at('persist'), '-p', at('pid'), '-c', at('ctl'), '--no-caps'])
    await expectAll()
  })
})
