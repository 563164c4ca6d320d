/**
 * Twenty scripted incidents in generated logs, shown to the detectors by the real processor: what is found, how soon, and what
 * is cried for nothing. `npm run -s bench:incidents -- [--seeds 3] [--first 1] [--clean-days 14] [--alerts] [--only NAME]`
 */
import { parseArgs } from 'node:util'
import plugin from '@weir/processor-anomaly'
import {
  type Alert,
  asAlert,
  type Checkpoint,
  type Definition,
  type Detector,
  type Detectors,
  formatDuration,
  type LogBatch,
  type Processor,
} from '@weir/sdk'
import { createComponent, testServices } from '@weir/sdk/testing'
import { type Scenario, scenarios } from './incident-scenarios.ts'
import { batchOf, beginning, day, hour, minute, Traffic } from './incident-traffic.ts'

/** What a shop would set up: fields named, all figures by default. */
const detectors: { readonly [id: string]: { readonly [key: string]: unknown } } = {
  rate: {},
  'rate/services': { group_by: ['service.name'] },
  'rate/kinds': { group_by: ['attributes.log.template.id'], window: '5m' },
  series: {},
  error_rate: {},
  new_pattern: {},
  missing_pattern: {},
  'series/latency': { field: 'attributes.duration', aggregate: 'quantile' },
  'cardinality/clients': { field: 'attributes.client.address' },
  'distribution/status': { field: 'attributes.http.response.status_code' },
}

/** Until then an operator expects nothing of the detectors. */
const learnt = beginning + 4 * day
/** After an incident things go back to usual, which is as unusual: for so long nothing counts. */
const aftermath = 45 * minute
/** An alert that comes so long after the end of a short incident is still of it. */
const grace = 5 * minute

/** The components of the plugin: what `create` returns follows from the kind. */
const definitionOf = <K extends 'detector' | 'processor'>(kind: K, type: string) => {
  const found = plugin.find((one) => one.kind === kind && one.type === type)
  if (found === undefined) throw new Error(`no ${kind} ${type}`)
  return found as unknown as Definition<K, K extends 'detector' ? Detector : Processor>
}

/** What the processors have stored after the days to learn from. */
interface Learnt {
  readonly anomaly: Checkpoint
  readonly template: Checkpoint
}

/** The processor with the detectors, as core would run it, and what it reports. */
function detecting(learnt?: Learnt) {
  const catalog: Detectors = {
    resolve(id) {
      const type = id.replace(/\/.*/, '')
      const definition = definitionOf('detector', type)
      const config = detectors[id]
      if (config === undefined) throw new Error(`no detector ${id}`)
      return { id, type, config, create: () => createComponent(definition, config, services, id) }
    },
  }
  const services = testServices({
    overrides: {
      detectors: catalog,
      conditions: { compile: () => () => true },
      run_mode: { once: true, isTerminal: false, baseDir: '.' },
    },
  })
  const anomaly = definitionOf('processor', 'anomaly')
  const processor = createComponent(anomaly, { detectors: Object.keys(detectors) }, services)
  const mining = testServices()
  const template = createComponent(definitionOf('processor', 'template'), {}, mining)
  if (learnt !== undefined) {
    services.state.setAll(learnt.anomaly)
    mining.state.setAll(learnt.template)
  }
  void template.start?.()
  void processor.start?.()
  const { batches } = services.connectorOutput
  return {
    async show(batch: LogBatch): Promise<void> {
      const named = await template.process(batch)
      if (named !== null) await processor.process(named)
    },
    /** Copied, as if it had been on disk. */
    store(): Learnt {
      return structuredClone({ anomaly: processor.checkpoint?.() ?? {}, template: template.checkpoint?.() ?? {} })
    },
    async finish(): Promise<Alert[]> {
      await processor.flush?.()
      await processor.stop?.()
      return batches
        .flatMap((batch) => Array.from(batch, asAlert))
        .filter((alert) => alert !== undefined)
        .filter(({ state }) => state === 'firing')
    },
  }
}

/** Shows the log of a seed up to the end of a day, with an incident or without; the detectors may know its first four days. */
async function run(
  seed: number,
  days: number,
  { known, incident }: { known?: Learnt; incident?: { scenario: Scenario; start: number } } = {},
): Promise<{ alerts: Alert[]; stored: Learnt }> {
  const traffic = new Traffic(seed)
  if (known !== undefined) while (traffic.time < learnt) traffic.next()
  const host = detecting(known)
  while (traffic.time < beginning + days * day) {
    const { time } = traffic
    const into = incident === undefined ? -1 : (time - incident.start) / minute
    const isOn = incident !== undefined && into >= 0 && into < incident.scenario.minutes
    const lines = traffic.next(isOn ? incident.scenario.at(into / incident.scenario.minutes, traffic.random, into) : {})
    await host.show(batchOf(time, lines))
  }
  const stored = host.store()
  return { alerts: await host.finish(), stored }
}

interface Outcome {
  found: number
  delays: number[]
  inside: Alert[]
  outside: Alert[]
}

/** After the four days to learn from, the fifth with the incident in the morning or at noon. */
async function tryOut(scenario: Scenario, seeds: ReadonlyMap<number, Learnt>): Promise<Outcome> {
  const outcome: Outcome = { found: 0, delays: [], inside: [], outside: [] }
  for (const [seed, known] of seeds) {
    const start = learnt + 7 * hour + ((seed * 7919 + scenarios.indexOf(scenario) * 37) % 240) * minute
    const end = start + scenario.minutes * minute
    const { alerts } = await run(seed, 4.8, { known, incident: { scenario, start } })
    const inside = alerts.filter(({ time }) => time >= start && time < end + grace)
    const [first] = inside
    if (first !== undefined) {
      outcome.found++
      outcome.delays.push(first.time - start)
    }
    outcome.inside.push(...inside)
    outcome.outside.push(...alerts.filter(({ time }) => (time >= learnt && time < start) || time >= end + aftermath))
  }
  return outcome
}

const median = (values: readonly number[]) =>
  [...values].sort((one, other) => one - other)[values.length >> 1] ?? Number.NaN
const row = (cells: readonly (string | number)[]) => process.stdout.write(`| ${cells.join(' | ')} |\n`)
const shown = ({ time, rule, severity, title }: Alert) =>
  `    ${new Date(time).toISOString()} ${severity} ${rule}: ${title}\n`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '3' },
      first: { type: 'string', default: '1' },
      'clean-days': { type: 'string', default: '14' },
      alerts: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
    },
  })
  const seeds = Number(values.seeds)
  const cleanDays = Number(values['clean-days'])
  const known = new Map<number, Learnt>()
  const early: Alert[] = []
  for (let index = 0; index < seeds; index++) {
    const seed = (Number(values.first) + index) * 1000
    const { alerts, stored } = await run(seed, 4)
    known.set(seed, stored)
    early.push(...alerts)
  }
  let [found, tried, inside, outside] = [0, 0, 0, 0]
  row(['incident', 'lasts', 'found', 'after, median', 'alerts', 'by'])
  row(['---', '---:', '---:', '---:', '---:', '---'])
  for (const scenario of scenarios.filter(({ name }) => name.includes(values.only))) {
    const outcome = await tryOut(scenario, known)
    found += outcome.found
    tried += seeds
    inside += outcome.inside.length
    outside += outcome.outside.length
    const by = Map.groupBy(outcome.inside, ({ rule }) => rule)
    const rules = [...by].sort(([, one], [, other]) => other.length - one.length).map(([rule]) => rule)
    row([
      ...[scenario.name, `${scenario.minutes}m`, `${outcome.found}/${seeds}`],
      ...[
        outcome.found === 0 ? '–' : formatDuration(median(outcome.delays)),
        (outcome.inside.length / seeds).toFixed(1),
        rules.join(', '),
      ],
    ])
    if (values.alerts) for (const alert of outcome.inside) process.stdout.write(shown(alert))
    if (values.alerts) for (const alert of outcome.outside) process.stdout.write(`  outside${shown(alert)}`)
  }
  const precision = inside / Math.max(1, inside + outside)
  process.stdout.write(
    `\nrecall ${(found / tried).toFixed(2)} (${found} of ${tried}), precision ${precision.toFixed(2)} `,
  )
  process.stdout.write(`(${inside} alerts of incidents, ${outside} others)\n`)
  if (cleanDays === 0) return
  const later: Alert[] = []
  for (const [seed, stored] of known) later.push(...(await run(seed, cleanDays, { known: stored })).alerts)
  const days = (cleanDays - 4) * seeds
  const perDay = (later.length / days).toFixed(2)
  process.stdout.write(`false alarms on clean traffic: ${perDay} a day (${later.length} in ${days} days), `)
  process.stdout.write(`${(early.length / seeds).toFixed(1)} in the first four days`)
  const by = [...Map.groupBy(later, ({ rule }) => rule)].map(([rule, alerts]) => `${rule} ${alerts.length}`)
  process.stdout.write(`${by.length === 0 ? '' : `; ${by.join(', ')}`}\n`)
  if (values.alerts) for (const alert of [...early, ...later]) process.stdout.write(shown(alert))
}

await main()
