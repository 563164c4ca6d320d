import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasNatsServer, NatsServer } from '@weir/nats-connection/testing'
import { describe, expect, it } from 'vitest'
import { guesser } from './access-log.ts'
import { type Options, scaleOut } from './scale-out.ts'

async function outcomeOf(options: Pick<Options, 'lines' | 'workers' | 'kills'>) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-scale-out-'))
  await using server = await NatsServer.start()
  try {
    return await scaleOut({ folder, natsUrl: server.url, ...options })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe.skipIf(!hasNatsServer)('an edge and its workers (needs: apt-get install nats-server)', () => {
  it('lose nothing when one of two workers is killed in the middle, and records of one client stay together', {
    timeout: 180_000,
  }, async () => {
    expect(await outcomeOf({ lines: 60_000, workers: 2, kills: true })).toMatchObject({ lost: 0, torn: 0 })
  })

  it('find with two workers what one finds', { timeout: 180_000 }, async () => {
    const two = await outcomeOf({ lines: 30_000, workers: 2, kills: false })
    const groups = Array.from({ length: 10 }, (_, minute) =>
      JSON.stringify({ 'attributes.client.address': guesser(minute) }),
    )
    expect(two).toMatchObject({ lost: 0, twice: 0, torn: 0, alerts: groups.sort() })
  })
})
