/** Times one worker and two over the same records, which wait in the stream: `node measure.ts [LINES]`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasNatsServer, NatsServer } from '@weir/nats-connection/testing'
import { scaleOut } from './scale-out.ts'

if (!hasNatsServer) throw new Error('there is no nats-server: apt-get install nats-server')
const lines = Number(process.argv[2] ?? 500_000)
for (const [workers, kills] of [
  [1, false],
  [2, false],
  [2, true],
] as const) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-scale-out-'))
  await using server = await NatsServer.start()
  const { seconds, lost, twice } = await scaleOut({ folder, natsUrl: server.url, lines, workers, kills })
  rmSync(folder, { recursive: true })
  const what = `${workers} worker${workers === 1 ? '' : 's'}${kills ? ', one killed' : ''}`
  const rate = Math.round(lines / seconds).toLocaleString('en')
  process.stdout.write(`${what}: ${rate} records/s, ${lost} lost, ${twice} twice\n`)
}
