import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, getuid } from 'node:process'
import { createInterface } from 'node:readline'
import { alertsOf, createComponent } from '@weir/sdk/testing'
import PostalMime from 'postal-mime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import email from './index.ts'
import { testdata } from './smtp-server.fixture.ts'

const exim = ['/usr/sbin/exim4', '/usr/sbin/exim'].find((path) => existsSync(path))
/** Only root may give Exim a configuration of its own. */
const canRun = exim !== undefined && getuid?.() === 0

/** Exim that takes mail for example.com, by STARTTLS and with a password, and puts it into a folder. */
const configuration = (folder: string) => `
spool_directory = ${folder}/spool
log_file_path = ${folder}/log/%slog
pid_file_path = ${folder}/exim.pid
primary_hostname = mail.example.com
domainlist local_domains = example.com
daemon_smtp_ports = 0
tls_advertise_hosts = *
tls_certificate = ${folder}/server.crt
tls_privatekey = ${folder}/server.key
auth_advertise_hosts = \${if eq{$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = check_rcpt
acl_smtp_data = accept
begin acl
check_rcpt:
  deny !authenticated = *
  deny local_parts = gone
       message = no such user
  defer local_parts = late
  accept domains = +local_domains
  deny message = relay not permitted
begin routers
local:
  driver = accept
  transport = folder
begin transports
folder:
  driver = appendfile
  directory = ${folder}/mail/ops
  maildir_format
  create_directory
  user = Debian-exim
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = \${if and{{eq{$auth2}{weir}}{eq{$auth3}{secret}}}}
  server_set_id = $auth2
`

// Where everything is to be tested, a missing server is a failure.
describe.skipIf(!canRun && env.CI === undefined)('Exim (needs: apt-get install exim4-daemon-light, and root)', () => {
  let folder: string
  let port = 0
  let stop = async (): Promise<void> => {}

  beforeAll(async () => {
    if (exim === undefined) throw new Error('apt-get install exim4-daemon-light')
    folder = mkdtempSync(join(tmpdir(), 'weir-exim-'))
    chmodSync(folder, 0o755)
    const [, , uid = 0, gid = 0] = /^Debian-exim:(.*?):(\d+):(\d+)/m.exec(readFileSync('/etc/passwd', 'utf8')) ?? []
    for (const name of ['spool', 'log', 'mail']) {
      mkdirSync(join(folder, name))
      chownSync(join(folder, name), Number(uid), Number(gid))
    }
    chmodSync(join(folder, 'mail'), 0o777)
    for (const name of ['server.crt', 'server.key']) {
      writeFileSync(join(folder, name), readFileSync(join(testdata, name)))
      chownSync(join(folder, name), Number(uid), Number(gid))
    }
    writeFileSync(join(folder, 'exim.conf'), configuration(folder))
    port = await freePort()
    const child = spawn(
      exim,
      ['-C', join(folder, 'exim.conf'), '-bdf', '-oX', `127.0.0.1.${port}`, '-d-all+interface'],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    stop = async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    }
    for await (const line of createInterface({ input: child.stderr })) if (line.includes('listening')) break
    child.stderr.resume()
  })

  afterAll(async () => {
    await stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const config = () => ({
    ...{ host: '127.0.0.1', port, username: 'weir', password: 'secret', from: 'weir@example.com' },
    ...{ to: ['ops@example.com'], tls: { ca_file: join(testdata, 'server.crt') } },
  })
  async function send(given: object = {}) {
    const exporter = createComponent(email, { ...config(), ...given })
    try {
      await exporter.export(alertsOf({ title: 'Zähler über 100 % 😀' }), { abortSignal: new AbortController().signal })
    } finally {
      await exporter.stop?.()
    }
  }

  it('takes a mail by STARTTLS with a password, and delivers it', async () => {
    await send()
    const mails = () => (existsSync(join(folder, 'mail/ops/new')) ? readdirSync(join(folder, 'mail/ops/new')) : [])
    await expect.poll(() => mails().length).toBe(1)
    const mail = await PostalMime.parse(readFileSync(join(folder, 'mail/ops/new', mails()[0] ?? '')))
    expect(mail).toMatchObject({
      subject: '[Weir] CRITICAL Zähler über 100 % 😀',
      from: { address: 'weir@example.com' },
      messageId: expect.stringMatching(/@example\.com>$/),
    })
    expect(mail.text).toContain('Zähler über 100 % 😀')
  })

  it.each([
    [{ password: 'wrong' }, 'PermanentError', /refuses the mail/],
    [{ to: ['gone@example.com'] }, 'PermanentError', /no such user/],
    [{ to: ['x@elsewhere.example'] }, 'PermanentError', /relay not permitted/],
    [{ to: ['late@example.com'] }, 'RetryableError', /does not take the mail now/],
  ])('refuses what its rules refuse: %j', async (given, name, message) => {
    await expect(send(given)).rejects.toMatchObject({ name, message: expect.stringMatching(message) })
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}
