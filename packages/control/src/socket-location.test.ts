import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { locateControlSocket } from './socket-location.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-socket-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const locate = (config: string, profile?: string) => {
  writeFileSync(join(folder, 'weir.yaml'), config)
  return locateControlSocket({ cwd: folder, files: ['weir.yaml'], profile, env: {} })
}

it('finds the socket in the state directory of a config, be it wrong elsewhere', async () => {
  expect(await locate('receivers: { nonsense: }')).toBe(join(folder, '.weir/control.sock'))
  expect(await locate('service: { state_dir: /var/lib/w }')).toBe('/var/lib/w/control.sock')
  const profiles = 'profiles: { prod: { service: { state_dir: prod } } }'
  expect(await locate(profiles, 'prod')).toBe(join(folder, 'prod/control.sock'))
})

it('says so when a collector with the config cannot be found by it', async () => {
  await expect(locate('service: { state_dir: memory }')).rejects.toMatchObject({
    hint: expect.stringMatching(/--socket/),
  })
  await expect(locate('service: { control: { enabled: false } }')).rejects.toThrow(/enabled is false/)
  const elsewhere = mkdtempSync(join(tmpdir(), 'weir-none-'))
  await expect(locateControlSocket({ cwd: elsewhere, files: [], env: {} })).rejects.toMatchObject({
    hint: expect.stringMatching(/--socket/),
  })
  rmSync(elsewhere, { recursive: true })
})
