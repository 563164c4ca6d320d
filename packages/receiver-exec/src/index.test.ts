import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveConfig } from '@weir/sdk'
import { CollectingOutput, MemoryLogger, MemoryMeter, receiverContract, settle, TestClock } from '@weir/sdk/testing'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { config, type ExecConfig } from './config.ts'
import { ExecReceiver } from './exec-receiver.ts'
import definition from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-exec-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const sh = (script: string) => ['sh', '-c', script]

class AttributedOutput extends CollectingOutput {
  readonly iostreams: unknown[] = []

  override sendLines(lines: Parameters<CollectingOutput['sendLines']>[0]) {
    this.iostreams.push(lines.source.attributes?.['log.iostream'])
    return super.sendLines(lines)
  }
}

function running(given: object, { once = false, output = new AttributedOutput() } = {}) {
  const services = { clock: new TestClock(), logger: new MemoryLogger(), meter: new MemoryMeter() }
  const receiver = new ExecReceiver({
    ...services,
    // What resolveConfig makes of the schema is of the schema's type.
    config: resolveConfig(config, given) as ExecConfig,
    componentId: 'exec',
    runMode: { once, isTerminal: false, baseDir: folder },
  })
  receiver.start(output)
  onTestFinished(async () => {
    output.open()
    await receiver.stop()
  })
  const texts = () => output.lines.map(({ text }) => text)
  const until = <Value>(value: () => Value, expected: Value) => expect.poll(value, { interval: 5 }).toEqual(expected)
  /** The same while time passes. */
  async function untilLater<Value>(stepMs: number, value: () => Value, expected: Value): Promise<void> {
    const look = async () => {
      await services.clock.advance(stepMs)
      return value()
    }
    await expect.poll(look, { interval: 5 }).toEqual(expected)
  }
  const warnings = () => logger.lines.filter(({ level }) => level !== 'info').map(({ message }) => message)
  const { logger } = services
  const runs = () => services.meter.total('weir_receiver_exec_runs')
  return { ...services, receiver, output, texts, until, untilLater, warnings, runs }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('contract', () => {
  const contracts = receiverContract(definition, {
    config: { command: ['yes'], stop_timeout: '1s' },
    produce: async () => {
      for (let turn = 0; turn < 20; turn++) await settle()
    },
  })
  for (const { name, run } of contracts) it(name, run)
})

describe('a command that goes on', () => {
  it('has each of its lines sent, whatever their size, the last one without its end too', async () => {
    const { until, texts, output } = running({ command: sh("seq 1 20000; printf 'end'") }, { once: true })
    await until(() => output.ended, true)
    expect(texts()).toEqual([...Array.from({ length: 20_000 }, (_, index) => String(index + 1)), 'end'])
  })

  it('is given its arguments as they are: no shell reads them', async () => {
    const evil = '$(echo pwned); `echo pwned` "*" \n &'
    const { until, output, texts } = running({ command: ['printf', '%s\\n', evil] }, { once: true })
    await until(() => output.ended, true)
    expect(texts().join('\n')).toBe(evil)
  })

  it('runs where, and with the variables, that it is told', async () => {
    const command = sh('pwd; echo "$WEIR_EXEC_TEST ${HOME:-none}"')
    const env = { WEIR_EXEC_TEST: 'hello', PATH: process.env.PATH ?? '' }
    const { until, output, texts } = running({ command, env, inherit_env: false, working_dir: '.' }, { once: true })
    await until(() => output.ended, true)
    expect(texts()).toEqual([folder, 'hello none'])
  })

  it('is started again when it ends, after twice the time each time up to a limit', async () => {
    const { clock, until, runs, texts, warnings } = running({
      command: sh('echo line; exit 3'),
      restart_max_delay: '10s',
    })
    let expected = 1
    for (const delay of [1000, 2000, 4000, 8000, 10_000, 10_000]) {
      await until(() => warnings().length, expected)
      await clock.advance(delay - 1)
      expect(runs()).toBe(expected)
      await clock.advance(1)
      expected++
      await until(runs, expected)
    }
    await until(() => texts().length, expected)
    expect(warnings()[0]).toBe('the command ended with exit code 3; it is started again')
  })

  it('waits the shortest time again after a run that lasted', async () => {
    const [count, go] = [join(folder, 'count'), join(folder, 'go')]
    writeFileSync(count, '0')
    const script = `n=$(cat ${count}); echo $((n + 1)) > ${count}; echo line
      [ $n = 2 ] && until [ -e ${go} ]; do sleep 0.02; done; exit 1`
    const { clock, until, runs, texts, warnings } = running({ command: sh(script), restart_max_delay: '30s' })
    await until(() => warnings().length, 1)
    await clock.advance(1000)
    await until(() => warnings().length, 2)
    await clock.advance(2000)
    await until(() => texts().length, 3)
    await clock.advance(30_000)
    writeFileSync(go, '')
    await until(() => warnings().length, 3)
    await clock.advance(1000)
    await until(runs, 4)
  })

  it.each([
    ['never', 0, 'the command has ended and is not started again'],
    ['never', 3, 'the command ended with exit code 3: broken; it is not started again'],
    ['on_failure', 0, 'the command has ended and is not started again'],
    ['on_failure', 5, 'the command has ended and is not started again'],
  ])('with restart %s and exit code %d says what becomes of it', async (restart, code, message) => {
    const command = sh(`echo broken >&2; exit ${code}`)
    const { logger, output, until } = running({ command, restart, success_codes: [0, 5] })
    await until(() => output.ended, true)
    expect(logger.lines.map((line) => line.message)).toEqual([message])
  })

  it('is held back while the pipeline takes nothing', async () => {
    const file = join(folder, 'progress')
    const output = new AttributedOutput()
    output.block()
    const script = `for i in $(seq 1 200); do head -c 10000 /dev/zero | tr '\\0' x; echo; echo $i > ${file}; done`
    const { until, texts } = running({ command: sh(script), restart: 'never' }, { output })
    await until(() => existsSync(file), true)
    for (let turn = 0; turn < 200; turn++) await settle()
    expect(Number(readFileSync(file, 'utf8'))).toBeLessThan(100)
    output.open()
    await until(() => texts().length, 200)
  })

  it('sends a line without its end when nothing has come for the flush period', async () => {
    const { clock, until, texts, output } = running({ command: sh("printf 'login: '; exec sleep 1000") })
    await until(() => output.calls > 0, true)
    await clock.advance(1000)
    await until(texts, ['login: '])
  })
})

describe('standard error', () => {
  it('is told in the log when the command fails, without what a terminal would act on, and its end alone', async () => {
    const command = sh("yes noise | head -c 100000 >&2; printf 'the \\033[31mreason\\n' >&2; exit 2")
    const { until, warnings, texts } = running({ command })
    await until(() => warnings().length, 1)
    expect(warnings()[0]).toMatch(/exit code 2: .*the reason; it is started again$/)
    expect(warnings()[0]?.length).toBeLessThan(4000)
    expect(texts()).toEqual([])
  })

  it('comes as records where it is asked to, with the name of the stream', async () => {
    const command = sh('echo out; echo err >&2')
    const { until, output, texts } = running({ command, stderr: 'records' }, { once: true })
    await until(() => output.ended, true)
    expect(texts().toSorted()).toEqual(['err', 'out'])
    expect(output.iostreams.toSorted()).toEqual(['stderr', 'stdout'])
    expect(new Set(output.lines.map(({ source }) => source))).toEqual(new Set(['exec/1', 'exec/1/stderr']))
  })

  it('is nothing where it is to be ignored', async () => {
    const { until, warnings } = running({ command: sh('echo err >&2; exit 1'), stderr: 'ignore' })
    await until(() => warnings(), ['the command ended with exit code 1; it is started again'])
  })
})

describe('a command that is run again and again', () => {
  const scheduled = (script: string, more: object = {}) => ({ command: sh(script), mode: 'scheduled', ...more })

  it('runs at the start and at every interval', async () => {
    const { clock, until, untilLater, texts, runs, receiver } = running(scheduled('echo line', { interval: '10s' }))
    for (const count of [1, 2, 3]) {
      await until(() => texts().length, count)
      await clock.advance(9000)
      expect(runs()).toBe(count)
      await untilLater(500, runs, count + 1)
    }
    await receiver.stop()
    expect(clock.pending).toBe(0)
  })

  it('never runs twice at once', async () => {
    const { clock, until, texts, runs } = running(scheduled('echo line; exec sleep 1000', { interval: '10s' }))
    await until(() => texts().length, 1)
    await clock.advance(60_000)
    expect(runs()).toBe(1)
  })

  it('is killed at its time-out, counted; the next run comes', async () => {
    const script = 'echo line; exec sleep 1000'
    const { clock, until, texts, warnings, meter, runs } = running(
      scheduled(script, { interval: '10s', timeout: '3s' }),
    )
    await until(() => texts().length, 1)
    await clock.advance(3000)
    await until(() => warnings(), ['the command did not end within its timeout and was killed'])
    expect(meter.total('weir_receiver_exec_failed_runs')).toBe(1)
    await clock.advance(7000)
    await until(runs, 2)
  })

  it('has lines of a source of its own in each run, for output that begins with a header', async () => {
    const { untilLater, until, output } = running(scheduled('echo header', { interval: '10s' }))
    await until(() => output.lines.length, 1)
    await untilLater(1000, () => output.lines.length, 2)
    expect(output.lines.map(({ source }) => source)).toEqual(['exec/1', 'exec/2'])
  })
})

describe('the end', () => {
  it('ends what the command has started as well', async () => {
    const file = join(folder, 'pids')
    const script = `sleep 1000 & echo $! > ${file}; (sleep 1000 & echo $! >> ${file}; echo ready; wait)`
    const { receiver, until, texts } = running({ command: sh(script) })
    await until(texts, ['ready'])
    const pids = readFileSync(file, 'utf8').trim().split('\n').map(Number)
    expect(pids.map(isAlive)).toEqual([true, true])
    await receiver.stop()
    await until(() => pids.map(isAlive), [false, false])
  })

  it('lets it finish on SIGTERM, and sends what it says then', async () => {
    const script = "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
    const { receiver, until, texts, warnings } = running({ command: sh(script) })
    await until(texts, ['ready'])
    await receiver.stop()
    expect(texts()).toEqual(['ready', 'bye'])
    expect(warnings()).toEqual([])
  })

  it('kills it when it takes longer than stop_timeout', async () => {
    const command = sh("trap '' TERM; echo $$; while :; do sleep 0.05; done")
    const { receiver, clock, until, texts } = running({ command, stop_timeout: '2s' })
    await until(() => texts().length, 1)
    const stopping = receiver.stop()
    await clock.advance(1900)
    expect(isAlive(Number(texts()[0]))).toBe(true)
    await clock.advance(100)
    await stopping
    await until(() => isAlive(Number(texts()[0])), false)
  })

  it('is not held up by what the command has left running', async () => {
    const file = join(folder, 'left')
    const script = `sleep 1000 & echo $! > ${file}; echo done`
    const { untilLater, until, output, texts } = running({ command: sh(script), stop_timeout: '2s' }, { once: true })
    await until(texts, ['done'])
    const pid = Number(readFileSync(file, 'utf8'))
    await untilLater(500, () => output.ended, true)
    await until(() => isAlive(pid), false)
  })
})

describe('a command that cannot be started', () => {
  it.each([
    [{ command: ['weir-no-such-program'] }, 'there is no program weir-no-such-program'],
    [{ command: ['echo'], working_dir: 'none' }, /working_dir .*none does not exist/],
    [{ command: [join(folder, 'plain')] }, /plain may not be executed/],
  ])('is said to be so, and tried again: %j', async (given, message) => {
    writeFileSync(join(folder, 'plain'), 'no program', { mode: 0o644 })
    const { clock, until, warnings, runs } = running(given)
    await until(() => warnings(), [expect.stringMatching(message)])
    await clock.advance(1000)
    await until(runs, 2)
  })
})

it('counts what could not be delivered, and says so once', async () => {
  const output = new AttributedOutput()
  output.holding = true
  const { until, meter, warnings } = running({ command: sh('echo one; exec sleep 1000') }, { output })
  await until(() => output.pending, 1)
  output.rejectAll(new Error('the sink is gone'))
  await until(() => meter.total('weir_receiver_exec_lost_bytes'), 4)
  expect(warnings()).toEqual([expect.stringContaining('the sink is gone')])
})
