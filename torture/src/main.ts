// `npm run torture`: kills collectors at random moments, case by case, and says what was lost.

import { parseArgs } from 'node:util'
import { isSound, type TortureReport, torture } from './torture.ts'
import { cases } from './torture-case.ts'

const { values } = parseArgs({
  options: {
    case: { type: 'string' },
    seed: { type: 'string', default: '1' },
    kills: { type: 'string', default: '200' },
    'max-life': { type: 'string', default: '1500' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  process.stdout.write(`npm run torture -- [--case ${cases.map(({ name }) => name).join(',')}] [--seed 1] [--kills 200]
  [--max-life 1500] [--keep] [--json]

Kills each case's collector --kills times, each after at most --max-life ms, half of them counted from the first record that
it has delivered, and compares what came out with what went in.
The same seed makes the same decisions; the moments of the machine differ.
`)
  process.exit(0)
}

const wanted = values.case?.split(',')
const chosen = cases.filter(({ name }) => wanted === undefined || wanted.includes(name))
if (chosen.length === 0) throw new Error(`there is no case ${values.case}; see --help`)
const options = {
  ...{ seed: Number(values.seed), kills: Number(values.kills), maxLifeMs: Number(values['max-life']) },
  keep: values.keep,
}
const reports: TortureReport[] = []
for (const kind of chosen) {
  const report = await torture(kind, options)
  reports.push(report)
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else {
    const { lines, lost, duplicates, alerts, alertRepeats, longestRecoveryMs } = report
    process.stdout.write(
      `${isSound(report) ? '✓' : '✗'} ${kind.name} (${kind.description}): ${report.kills} kills, ${report.killsAtWork} of them at work, ${lines} lines, ${report.rotations} rotations, ` +
        `${report.reloads} reloads, ${report.sinkFailures} failed requests; ${lost} lost, ${duplicates} twice; ${alerts} alerts, ` +
        `${alertRepeats} repeated, ${report.missingAlerts.length} missing, ${report.extraAlerts.length} extra, ${report.conflictingAlerts.length} differ; ` +
        `longest recovery ${longestRecoveryMs} ms${report.folder === undefined ? '' : `; see ${report.folder}`}\n`,
    )
  }
}
process.exitCode = reports.every(isSound) ? 0 : 1
