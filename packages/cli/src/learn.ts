import { existsSync } from 'node:fs'
import { learn as learnFrom } from '@weir/core'
import { printable } from '@weir/sdk'
import { wrongCommandLine } from './exit-code.ts'
import { grouped } from './figures.ts'
import { type ConfigOptions, prepareFrom, report } from './prepared.ts'

interface LearnCommandOptions extends ConfigOptions {
  config?: string[]
  receiver?: string
  force?: boolean
  json?: boolean
}

/** Shows history to the detectors of a config, so that they know what is usual when the collector starts. */
export async function learn(files: string[], options: LearnCommandOptions): Promise<void> {
  for (const file of files) if (!existsSync(file)) throw wrongCommandLine(`there is no file ${file}`)
  const prepared = await prepareFrom(options.config ?? [], options)
  if (!report(prepared)) return
  const { receiver, force, json } = options
  const onFile = (path: string) => void (process.stderr.isTTY && process.stderr.write(`reading ${printable(path)}\n`))
  const { records, learnt } = await learnFrom(prepared, { files, receiver, force, onFile })
  if (json) {
    process.stdout.write(`${JSON.stringify({ records, learnt }, undefined, 2)}\n`)
    return
  }
  const lines = [`learnt from ${grouped(records)} records`]
  for (const { processor, detectors } of learnt) {
    lines.push('', printable(processor))
    for (const { id, lines: said } of detectors) {
      if (said.length === 0) lines.push(`  ${printable(id)}: nothing yet`)
      else if (said.length === 1) lines.push(`  ${printable(id)}: ${printable(said[0] ?? '')}`)
      else lines.push(`  ${printable(id)}:`, ...said.map((one) => `    ${printable(one)}`))
    }
  }
  if (learnt.length === 0) lines.push('', 'no pipeline has detectors')
  process.stdout.write(`${lines.join('\n')}\n`)
}
