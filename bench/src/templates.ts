/**
 * The LogPAI benchmark on a folder in loghub_2k's layout: one JSON line per system.
 * `npm run -s bench:templates -- DIR [--out OUT] [--raw] [--at-once]`
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { groupingAccuracy } from './templates-accuracy.ts'
import { mineContents, mineRaw } from './templates-miner.ts'
import { findSystems, readStructured } from './templates-system.ts'

const usage = `usage: npm run -s bench:templates -- DIR [--out OUT] [--raw] [--at-once]
  DIR        a folder with one folder per system, each with <System>_2k.log and <System>_2k.log_structured.csv
  --out      write OUT/<System>.ids: the cluster of each message, one a line
  --raw      read the lines of the .log by Weir's own parser auto, instead of the column Content
  --at-once  score the template that each message had when it came; without it templates that have become one count as one
`

const options = {
  out: { type: 'string' },
  raw: { type: 'boolean', default: false },
  'at-once': { type: 'boolean', default: false },
} as const

/** Scores every system; what is wrong with one is said, and the others are scored all the same. */
function main(): number {
  let given: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>
  try {
    given = parseArgs({ options, allowPositionals: true })
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}`)
    return 2
  }
  const { values, positionals } = given
  const [folder] = positionals
  if (folder === undefined || positionals.length > 1) {
    process.stderr.write(usage)
    return 2
  }
  const { systems, problems } = findSystems(folder)
  if (values.out !== undefined) mkdirSync(values.out, { recursive: true })
  for (const system of systems) {
    try {
      const { contents, events } = readStructured(system.structured)
      const mined = values.raw ? mineRaw(system.raw, events.length) : mineContents(contents)
      const ids = values['at-once'] ? mined.firstIds : mined.ids
      const { ga, fga } = groupingAccuracy(ids, events)
      const { messagesPerSecond } = mined
      process.stdout.write(`${JSON.stringify({ system: system.name, ga, fga, messagesPerSecond })}\n`)
      if (values.out !== undefined) writeFileSync(join(values.out, `${system.name}.ids`), `${ids.join('\n')}\n`)
    } catch (error) {
      problems.push(`${system.name}: ${error instanceof Error ? error.message : error}`)
    }
  }
  for (const problem of problems) process.stderr.write(`bench:templates: ${problem}\n`)
  return problems.length === 0 ? 0 : 1
}

// Whoever read the output has gone (`… | head`).
process.stdout.on('error', () => process.exit(0))

try {
  process.exitCode = main()
} catch (error) {
  process.stderr.write(`bench:templates: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
