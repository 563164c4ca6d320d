import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { extensionContract, harness } from '@weir/sdk/testing'
import { afterAll, describe, expect, it } from 'vitest'
import plugin from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'my_plugin-'))
afterAll(() => rmSync(folder, { recursive: true }))
const config = { path: join(folder, 'alive'), interval: '1s' }

describe('my_plugin', () => {
  it('touches the file at every interval', async () => {
    const extension = harness(plugin, { config })
    await extension.start()
    await extension.advance(3000)
    await extension.stop()
    expect(readFileSync(config.path, 'utf8')).toBe('2026-01-01T00:00:03.000Z\n')
  })

  for (const { name, run } of extensionContract(plugin, { config })) it(name, run)
})
