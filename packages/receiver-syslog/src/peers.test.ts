import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Authority,
  anyPort,
  hasTlsDriver,
  isWanted,
  program,
  ran,
  started,
  syslogNg,
} from '@weir/line-listener/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { receiving } from './receiving.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-syslog-peers-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const logger = program('logger')
const openssl = program('openssl')
const rsyslog = hasTlsDriver() && openssl !== undefined ? program('rsyslogd') : undefined
const ng = openssl === undefined ? undefined : syslogNg()

const messages = Array.from({ length: 300 }, (_, index) => `message ${index} of a peer`)

describe.skipIf(!isWanted(logger))('logger of util-linux (needs: apt-get install bsdutils)', () => {
  const place = (port: number) => ['--server', '127.0.0.1', '--port', String(port)]
  const send = (...args: string[]) => ran(logger, ['--tag', 'app', '--priority', 'local0.warning', ...args])

  it('is read over UDP and TCP, in both formats, counted and not', async () => {
    const { receiver, until, texts } = await receiving({ udp: anyPort, tcp: anyPort })
    const udp = place(receiver.port('udp'))
    const tcp = place(receiver.port('tcp'))
    await send(...udp, '--udp', '--rfc5424', 'over UDP')
    await until(() => texts().length, 1)
    await send(...udp, '--udp', '--rfc3164', 'over UDP')
    await until(() => texts().length, 2)
    await send(...tcp, '--tcp', '--rfc5424', 'over TCP')
    await until(() => texts().length, 3)
    await send(...tcp, '--tcp', '--rfc5424', '--octet-count', 'over TCP')
    await until(() => texts().length, 4)
    await send(...tcp, '--tcp', '--rfc3164', '--octet-count', 'over TCP')
    await until(() => texts().length, 5)
    const rfc5424 = (text: string) =>
      expect.stringMatching(new RegExp(`^<132>1 \\d{4}-\\d\\d-\\d\\dT\\S+ \\S+ app - - \\[timeQuality .*\\] ${text}$`))
    const rfc3164 = (text: string) => expect.stringMatching(new RegExp(`^<132>[A-Z][a-z]{2} .* \\S+ app: ${text}$`))
    expect(texts()).toEqual([
      rfc5424('over UDP'),
      rfc3164('over UDP'),
      rfc5424('over TCP'),
      rfc5424('over TCP'),
      rfc3164('over TCP'),
    ])
  })

  it('is read over a Unix socket', async () => {
    const path = join(folder, 'log.sock')
    const { until, texts } = await receiving({ unix: { path } })
    await send('--socket', path, 'over a socket')
    await until(() => texts(), [expect.stringMatching(/^<132>.*app: over a socket$/)])
  })
})

/** Four receivers, to which a server forwards by as many transports, and the certificates of the last. */
async function destinations() {
  const authority = new Authority(join(folder, 'authority'))
  const server = authority.issue('server')
  const client = authority.issue('client')
  const tls = {
    cert_file: server.cert,
    key_file: server.key,
    client_ca_file: authority.certificate,
    permitted_peers: ['client'],
  }
  const udp = await receiving({ udp: anyPort })
  const lines = await receiving({ tcp: { ...anyPort, enable_octet_counting: false } })
  const counting = await receiving({ tcp: { ...anyPort, enable_octet_counting: true } })
  const secure = await receiving({ tcp: { ...anyPort, tls } })
  const all = { udp, lines, counting, secure }
  return {
    all,
    client,
    ca: authority.certificate,
    ports: {
      udp: udp.receiver.port('udp'),
      lines: lines.receiver.port('tcp'),
      counting: counting.receiver.port('tcp'),
      secure: secure.receiver.port('tcp'),
    },
    /** Every message has come once, in order, as a record of this shape. */
    async expectAll(shape: RegExp): Promise<void> {
      for (const [name, { until, texts, meter }] of Object.entries(all)) {
        await until(() => texts().length, messages.length)
        expect(texts().map((text) => shape.exec(text)?.[1] ?? `${name}: ${text}`)).toEqual(messages)
        expect(meter.total('weir_receiver_syslog_framing_errors')).toBe(0)
      }
    },
  }
}

describe.skipIf(!isWanted(rsyslog))('rsyslog (needs: apt-get install rsyslog rsyslog-gnutls openssl)', () => {
  it('forwards over UDP, TCP, counted TCP and mutual TLS; every message comes once, in order', async () => {
    const { ports, ca, client, expectAll } = await destinations()
    const forward = (port: number, more: string) =>
      `action(type="omfwd" target="127.0.0.1" port="${port}" template="RSYSLOG_SyslogProtocol23Format" ${more})`
    const input = join(folder, 'rsyslog.log')
    const file = join(folder, 'rsyslog.conf')
    const driver = 'StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name"'
    writeFileSync(input, messages.map((text) => `${text}\n`).join(''))
    writeFileSync(
      file,
      `global(workDirectory="${folder}" DefaultNetstreamDriverCAFile="${ca}"
         DefaultNetstreamDriverCertFile="${client.cert}" DefaultNetstreamDriverKeyFile="${client.key}")
       module(load="imfile" mode="inotify")
       input(type="imfile" File="${input}" Tag="app:")
       ${forward(ports.udp, 'protocol="udp"')}
       ${forward(ports.lines, 'protocol="tcp" TCP_Framing="traditional"')}
       ${forward(ports.counting, 'protocol="tcp" TCP_Framing="octet-counted"')}
       ${forward(ports.secure, `protocol="tcp" TCP_Framing="octet-counted" ${driver} StreamDriverPermittedPeers="server"`)}
      `,
    )
    started(rsyslog, ['-n', '-f', file, '-i', join(folder, 'rsyslog.pid')])
    await expectAll(/^<\d+>1 \S+ \S+ app - - - (.*)$/)
  })
})

describe.skipIf(!isWanted(ng))('syslog-ng (needs: apt-get install syslog-ng-core openssl)', () => {
  it('forwards over UDP, TCP, counted TCP and mutual TLS; every message comes once, in order', async () => {
    const { ports, ca, client, expectAll } = await destinations()
    const input = join(folder, 'ng.log')
    const file = join(folder, 'ng.conf')
    const place = (port: number, transport: string) => `"127.0.0.1" port(${port}) transport("${transport}")`
    writeFileSync(input, messages.map((text) => `${text}\n`).join(''))
    writeFileSync(
      file,
      `@version: 3.35
       options { stats-freq(0); };
       source in { file("${input}" flags(no-parse) program-override("app")); };
       destination udp { syslog(${place(ports.udp, 'udp')}); };
       destination lines { network(${place(ports.lines, 'tcp')} flags(syslog-protocol)); };
       destination counting { syslog(${place(ports.counting, 'tcp')}); };
       destination secure { syslog(${place(ports.secure, 'tls')}
         tls(ca-file("${ca}") cert-file("${client.cert}") key-file("${client.key}") peer-verify(yes))); };
       log { source(in); destination(udp); destination(lines); destination(counting); destination(secure); };
      `,
    )
    const at = (name: string) => join(folder, `ng.${name}`)
    started(ng, ['-F', '-f', file, '-R', at('persist'), '-p', at('pid'), '-c', at('ctl'), '--no-caps'])
    await expectAll(/^<\d+>1 \S+ \S+ app - - (?:-|\[[^\]]*\]) (.*)$/)
  })
})
