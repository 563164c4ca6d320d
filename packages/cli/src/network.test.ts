import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Folder } from './command.fixture.ts'

/** Bodies of the records that have arrived. */
function bodies(folder: Folder): string[] {
  const path = folder.file('out.ndjson')
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n')
  return lines.flatMap((line) => (line === '' ? [] : String(JSON.parse(line).body)))
}

async function connected(folder: Folder, name: string): Promise<Socket> {
  await expect.poll(() => existsSync(folder.file(name))).toBe(true)
  const socket = connect(folder.file(name))
  await once(socket, 'connect')
  return socket
}

describe('lines that come over sockets and from commands', () => {
  it('become records of several lines by connection, go out as syslog, come in again and are the same', async () => {
    using folder = new Folder()
    folder.write('weir.json', {
      receivers: {
        socket: { unix: { path: 'lines.sock' }, multiline: { line_start_pattern: '^\\d' } },
        exec: { command: ['printf', '%s\\n', '1 of a command', '  at its stack'], restart: 'never', parser: 'text' },
        syslog: { unix: { path: 'syslog.sock' } },
      },
      exporters: {
        syslog: { endpoint: 'syslog.sock', network: 'unix', appname: 'weir', enable_octet_counting: true },
        file: { path: 'out.ndjson' },
      },
      service: {
        pipelines: {
          logs: { receivers: ['socket', 'exec'], exporters: ['syslog'] },
          'logs/back': { receivers: ['syslog'], exporters: ['file'] },
        },
      },
    })
    const command = folder.start(['run'])
    const [one, other] = [await connected(folder, 'lines.sock'), await connected(folder, 'lines.sock')]
    for (const part of ['1 first\n', '  at a\n', '  at b\n2 se']) {
      one.write(part)
      other.write(part.replace('first', 'of the other'))
    }
    one.end('cond\n')
    other.end()
    const expected = [
      '1 first#012  at a#012  at b',
      '1 of a command#012  at its stack',
      '1 of the other#012  at a#012  at b',
      '2 se',
      '2 second',
    ]
    await expect.poll(() => bodies(folder).toSorted()).toEqual(expected)
    command.kill('SIGTERM')
    expect(await command.finished).toMatchObject({ code: 0 })
  })
})
