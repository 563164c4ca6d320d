import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BrokerSource, brokerSources } from './broker-source.ts'
import { CollectorProcess } from './collector-process.ts'
import { FlakySink } from './flaky-sink.ts'
import { LineWriter } from './line-writer.ts'
import { fileReceiver, writePipeline } from './pipeline.ts'
import { Random } from './random.ts'
import { SmallDisk } from './small-disk.ts'
import { alertsOf, Tally } from './tally.ts'
import type { TortureCase } from './torture-case.ts'

export interface TortureOptions {
  readonly seed: number
  readonly kills: number
  /** How long a collector lives at most before it is killed. */
  readonly maxLifeMs: number
  readonly keep?: boolean
}

export interface TortureReport {
  readonly case: string
  readonly seed: number
  readonly kills: number
  /** Of the kills, those of a collector that had delivered something. */
  readonly killsAtWork: number
  readonly lines: number
  readonly rotations: number
  readonly lost: number
  readonly firstLost: readonly number[]
  readonly duplicates: number
  readonly unknown: number
  readonly torn: number
  readonly sinkFailures: number
  readonly reloads: number
  /** From a start to the first record in the sink, at most. */
  readonly longestRecoveryMs: number
  readonly alerts: number
  readonly alertRepeats: number
  readonly missingAlerts: readonly string[]
  readonly extraAlerts: readonly string[]
  readonly conflictingAlerts: readonly string[]
  /** What happened, in a folder that stays when something was wrong. */
  readonly folder: string | undefined
}

const faultsPath = new URL('faults.ts', import.meta.url).href
/** Lines every few milliseconds: about ten thousand a second. */
const writeEveryMs = 10
const linesAWrite = 120
/** After which time a collector that stops is killed at the latest. */
const maxStopMs = 500
/** Lines for each kill, at most: those who take long to start must not be left further and further behind. */
const linesAKill = 8000
/** How long the last collector may take for what is left at the broker. */
const drainMs = 300_000
/** How long is waited for the first record of a collector that is to be killed at work. */
const maxRecoveryMs = 30_000

/** Runs a case: writes, kills, restarts, lets the last collector finish, and compares with a run that was never killed. */
export async function torture(kind: TortureCase, options: TortureOptions): Promise<TortureReport> {
  const folder = mkdtempSync(join(tmpdir(), `weir-torture-${kind.name}-`))
  const random = new Random(options.seed)
  const small = kind.smallDisk === true ? new SmallDisk(join(folder, 'disk'), 48) : undefined
  const disk = small?.path ?? folder
  const logs = join(folder, 'logs')
  mkdirSync(logs)
  const wholePath = join(folder, 'whole.ndjson')
  const broker = kind.broker && (await brokerSources[kind.broker]())
  const writer = new LineWriter(logs, wholePath, kind.rotation, new Random(options.seed + 1), broker?.publish)
  const tally = new Tally()
  let taken = 0
  const sink = new FlakySink(new Random(options.seed + 2), kind.sinkFailures ?? 0, (body) => {
    taken++
    tally.addBody(body)
  })
  const sinkUrl = await sink.start()
  const archive = join(disk, 'archive.ndjson')
  const isFile = kind.sink.endsWith('file')
  const progress = () => (isFile ? (existsSync(archive) ? statSync(archive).size : 0) : taken)
  let version = 0
  const receiver =
    broker?.receiver ??
    (kind.deletes === true
      ? fileReceiver('logs/app.log.*', ', delete_after_read: true')
      : fileReceiver('logs/app.log*'))
  const pipeline = () => writePipeline('weir.yaml', { folder, receiver, kind, sinkUrl, disk, version })
  const config = pipeline()
  let reloads = 0
  let killsAtWork = 0
  let longestRecoveryMs = 0

  const environment = (life: number): NodeJS.ProcessEnv =>
    kind.faults === undefined
      ? {}
      : {
          NODE_OPTIONS: `--import ${faultsPath}`,
          WEIR_TORTURE_FAULTS: JSON.stringify({ ...kind.faults, seed: options.seed + life }),
        }

  await writer.write(linesAWrite)
  let isWriting = true
  let killed = 0
  const writing = (async () => {
    while (isWriting) {
      if (writer.count < linesAKill * (killed + 1)) {
        await writer.write(linesAWrite)
        if (random.chance(kind.deletes === true ? 0.1 : 0.01)) writer.rotate()
      }
      await sleep(writeEveryMs)
    }
  })()
  const filling = (async () => {
    while (isWriting && small !== undefined) {
      await sleep(random.between(200, 1500))
      small.fill()
      await sleep(random.between(100, 800))
      small.empty()
    }
  })()

  for (let kill = 0; kill < options.kills; kill++) {
    const before = progress()
    const since = performance.now()
    const collector = new CollectorProcess(folder, [config], environment(kill))
    const lifeMs = random.between(0, options.maxLifeMs)
    // Half of them are killed while they start, if that takes long; the life of the others, and of the first, begins when
    // they deliver something.
    const bornAt = kill > 0 && random.chance(0.5) ? since : undefined
    let recoveredAt: number | undefined
    const isDue = () => {
      const now = performance.now()
      return now - (bornAt ?? recoveredAt ?? now) >= lifeMs || now - since >= lifeMs + maxRecoveryMs
    }
    while (!isDue()) {
      await sleep(10)
      if (recoveredAt === undefined && progress() > before) {
        recoveredAt = performance.now()
        killsAtWork++
        longestRecoveryMs = Math.max(longestRecoveryMs, performance.now() - since)
      }
      if (recoveredAt !== undefined && kind.reloads === true && random.chance(0.05)) {
        version++
        reloads++
        pipeline()
        collector.signal('SIGHUP')
      }
      // On a full disk it cannot start, and says so; whoever supervises it starts it again.
      if (!collector.isRunning && kind.smallDisk === true) break
      if (!collector.isRunning) throw new Error(`the collector ended by itself; see ${folder}/collector.log`)
    }
    if (kind.terminates === true && random.chance(0.5)) {
      collector.signal('SIGTERM')
      await Promise.race([collector.exit(), sleep(random.between(0, maxStopMs))])
    }
    await collector.kill()
    killed++
  }
  isWriting = false
  await Promise.all([writing, filling])
  if (kind.deletes === true) writer.rotate()

  // The last one reads all that is left. Its storage may fail, too; what it has not delivered the next one does.
  for (let attempt = 0; ; attempt++) {
    const args = broker === undefined ? [config, '--once'] : [config]
    const collector = new CollectorProcess(folder, args, environment(options.kills + attempt))
    // Something is left for it, so that it is not told to stop before it has started.
    if (broker !== undefined) {
      await writer.write(linesAWrite)
      await end(collector, broker)
    }
    const status = await collector.exit()
    if (status === 0) break
    if (attempt === 5) throw new Error(`the collector does not finish (status ${status}); see ${folder}/collector.log`)
  }
  writer.close()
  await sink.stop()
  await broker?.stop()
  const left = kind.deletes === true ? readdirSync(logs).filter((name) => name !== 'app.log') : []
  if (left.length > 0) throw new Error(`files that were read are still there: ${left}; see ${logs}`)
  if (isFile) tally.addFile(archive)

  const reference = join(folder, 'reference')
  mkdirSync(reference)
  const wholeConfig = {
    folder: reference,
    receiver: fileReceiver(wholePath),
    kind: { sink: 'file' },
    sinkUrl,
    version: 0,
  } as const
  const whole = writePipeline('weir.yaml', { ...wholeConfig, disk: reference })
  const status = await new CollectorProcess(reference, [whole, '--once']).exit()
  if (status !== 0) throw new Error(`the run without a kill fails (status ${status}); see ${reference}/collector.log`)
  const expected = alertsOf(join(reference, 'alerts.ndjson'))
  const seen = alertsOf(join(disk, 'alerts.ndjson'))

  const { lost, duplicates, unknown } = tally.against(writer.count)
  const missingAlerts = [...expected.byId].filter(([id]) => !seen.byId.has(id)).map(([, text]) => text)
  const extraAlerts = [...seen.byId].filter(([id]) => !expected.byId.has(id)).map(([, text]) => text)
  const differing = [...expected.byId].flatMap(([id, text]) => {
    const other = seen.byId.get(id)
    return other === undefined || other === text ? [] : [`${text}\n${other}`]
  })
  const isGood = lost.length + unknown + missingAlerts.length + extraAlerts.length + differing.length === 0
  if (isGood && options.keep !== true) {
    small?.unmount()
    rmSync(folder, { recursive: true, force: true })
  }
  return {
    ...{
      case: kind.name,
      seed: options.seed,
      kills: options.kills,
      killsAtWork,
      lines: writer.count,
      rotations: writer.rotations,
    },
    ...{ lost: lost.length, firstLost: lost.slice(0, 10), duplicates, unknown, torn: tally.torn },
    ...{ sinkFailures: sink.failed, reloads, longestRecoveryMs: Math.round(longestRecoveryMs) },
    ...{ alerts: expected.byId.size, alertRepeats: seen.repeats, missingAlerts, extraAlerts },
    ...{ conflictingAlerts: [...seen.conflicts, ...differing], folder: isGood ? undefined : folder },
  }
}

/** Lets a collector take what is left at its broker, and ends it in order. */
async function end(collector: CollectorProcess, broker: BrokerSource): Promise<void> {
  const until = performance.now() + drainMs
  while (collector.isRunning && performance.now() < until && !(await broker.isDrained())) await sleep(50)
  collector.signal('SIGTERM')
}

/** Whether nothing was lost, and the alerts are those of a run that was never killed. */
export const isSound = (report: TortureReport): boolean =>
  report.lost === 0 &&
  report.unknown === 0 &&
  report.missingAlerts.length === 0 &&
  report.extraAlerts.length === 0 &&
  report.conflictingAlerts.length === 0

/** The end of the log of a run that went wrong. */
export const logTail = (folder: string): string => {
  const path = join(folder, 'collector.log')
  return existsSync(path) ? readFileSync(path, 'utf8').slice(-2000) : ''
}
