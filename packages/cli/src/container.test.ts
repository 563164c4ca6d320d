import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Folder } from './command.fixture.ts'

const config = {
  receivers: {
    file: { include: ['*.log'], parser: 'container', start_at: 'beginning', poll_interval: '20ms', flush_period: '1h' },
  },
  exporters: { file: { path: 'out.ndjson' } },
  service: { state_dir: 'state', pipelines: { logs: { receivers: ['file'], exporters: ['file'] } } },
}
const line = (tag: string, message: string) => `2026-11-24T10:00:00.5Z stdout ${tag} ${message}\n`

it.each(['SIGKILL', 'SIGTERM'] as const)(
  'never acknowledges a part of a line: it is joined after %s',
  async (signal) => {
    using folder = new Folder()
    folder.write('weir.json', config)
    folder.write('0.log', line('F', 'one') + line('P', 'two, '))
    const bodies = () =>
      existsSync(folder.file('out.ndjson'))
        ? readFileSync(folder.file('out.ndjson'), 'utf8')
            .split('\n')
            .filter((text) => text !== '')
            .map((text) => JSON.parse(text).body)
        : []
    const first = folder.start(['run'])
    await expect.poll(bodies).toEqual(['one'])
    first.kill(signal)
    await first.finished
    appendFileSync(folder.file('0.log'), line('P', 'three, ') + line('F', 'four'))
    await folder.weir('run', '--once')
    const whole = ['one', 'two, three, four']
    expect(new Set(bodies())).toEqual(new Set(whole))
    // Who is told to stop stores how far the lines were read: up to the part.
    if (signal === 'SIGTERM') expect(bodies()).toEqual(whole)
  },
  60_000,
)
