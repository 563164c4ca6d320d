import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { ControlClient } from '@weir/control'
import { describe, expect, it } from 'vitest'
import { Folder } from './command.fixture.ts'

const plugin = `
import { defineExporter, RetryableError } from '@weir/sdk'
export default defineExporter({ type: 'down', create: () => ({ async export() { throw new RetryableError('down') } }) })
`

/** One exporter works, the other keeps what it should have exported on disk. */
const config = {
  plugins: { paths: ['down.ts'] },
  receivers: { file: { include: ['app.log'], parser: 'text' } },
  exporters: { file: { path: 'out.ndjson' }, down: { sending_queue: { storage: 'disk' } } },
  service: { pipelines: { logs: { receivers: ['file'], exporters: ['file', 'down'] } } },
}

/** A folder in which a collector has run until all three lines were acknowledged, and was then told to stop. */
async function folderAfterRun(): Promise<Folder> {
  const folder = new Folder()
  folder.write('down.ts', plugin)
  folder.write('weir.json', config)
  folder.write('app.log', 'one\ntwo\nthree\n')
  const command = folder.start(['run'])
  const control = new ControlClient(folder.file('.weir/control.sock'))
  const waiting = async () => {
    const { receivers, exporters } = await control.status()
    const isDone = receivers.every(({ oldestDeliveryMs }) => oldestDeliveryMs === 0)
    return isDone ? exporters.find(({ id }) => id === 'down')?.queue.records : 0
  }
  await expect.poll(() => waiting().catch(() => 0)).toBe(3)
  command.kill('SIGTERM')
  expect((await command.finished).code).toBe(0)
  return folder
}

const lines = (folder: Folder) => readFileSync(folder.file('out.ndjson'), 'utf8').split('\n').length - 1

describe('weir state', () => {
  it('lists what is stored, shows it, and removes what one component has', async () => {
    using folder = await folderAfterRun()
    const list = await folder.weir('state', 'list')
    expect(list).toMatchObject({ code: 0, stderr: '' })
    expect(list.stdout).toMatch(/receiver\/file +\S+ +\d+\n/)
    expect(list.stdout).toMatch(/exporter\/down +queue \(1 files\) +\d+/)
    expect(await folder.weir('state', 'list', 'weir.json')).toEqual(list)
    const stored = JSON.parse((await folder.weir('state', 'list', '--json')).stdout)
    const { key } = stored.entries.find(({ namespace }: { namespace: string }) => namespace === 'receiver/file')
    expect((await folder.weir('state', 'show', 'receiver/file')).stdout).toContain('app.log')
    expect(JSON.parse((await folder.weir('state', 'show', 'file', key)).stdout)).toBeDefined()
    expect((await folder.weir('state', 'show', 'nothing')).stderr).toContain('nothing is stored of "nothing"')
    const asked = await folder.weir('state', 'reset', 'down')
    expect(asked.code).toBe(1)
    expect(asked.stderr).toContain('say --yes')
    expect(readdirSync(folder.file('.weir/queues'))).toHaveLength(1)
    expect(await folder.weir('state', 'reset', 'down', '--yes')).toMatchObject({ code: 0 })
    expect(readdirSync(folder.file('.weir/queues'))).toEqual([])
    // The exporter of that name has nothing stored, so the receiver is meant.
    expect((await folder.weir('state', 'reset', 'file', '--yes')).stdout).toContain('removed')
    expect(lines(folder)).toBe(3)
    folder.write('weir.json', {
      ...config,
      exporters: { file: { path: 'out.ndjson' } },
      service: { pipelines: { logs: { receivers: ['file'], exporters: ['file'] } } },
    })
    await folder.weir('run', '--once')
    expect(lines(folder)).toBe(6)
  }, 60_000)

  it('says which process has it while a collector runs, and when there is none', async () => {
    using folder = new Folder()
    folder.write('down.ts', plugin)
    folder.write('weir.json', config)
    const none = await folder.weir('state', 'list')
    expect(none.code).toBe(1)
    expect(none.stderr).toContain('there is no state in')
    const command = folder.start(['run'])
    await expect.poll(() => existsSync(folder.file('.weir/control.sock'))).toBe(true)
    for (const args of [['list'], ['show', 'file'], ['reset', 'file', '--yes']]) {
      const { code, stderr } = await folder.weir('state', ...args)
      expect(code).toBe(1)
      expect(stderr).toContain(`is in use by process ${command.pid}`)
    }
  }, 60_000)
})
