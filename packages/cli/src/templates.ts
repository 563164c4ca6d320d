import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Collector } from '@weir/core'
import { exitCode, wrongCommandLine } from './exit-code.ts'
import { prepareFrom, report } from './prepared.ts'
import { Screen } from './screen.ts'

interface TemplatesOptions {
  top: string
  parser: string
  json?: boolean
}

/** Reads files, or stdin, to their end by a pipeline of their own, and shows what kinds of messages they hold. */
export async function templates(files: string[], { top, parser, json }: TemplatesOptions): Promise<void> {
  const count = Number(top)
  if (!Number.isInteger(count) || count < 0) throw wrongCommandLine(`--top ${top} is no number of templates`)
  for (const file of files) {
    if (file !== '-' && !existsSync(file)) throw wrongCommandLine(`there is no file ${file}`)
  }
  const folder = mkdtempSync(join(tmpdir(), 'weir-templates-'))
  try {
    const config = join(folder, 'weir.json')
    writeFileSync(config, JSON.stringify(pipelineOf(files, parser, { top: count, format: json ? 'json' : 'table' })))
    const prepared = await prepareFrom([config])
    if (!report(prepared)) return
    const collector = new Collector(prepared, {
      once: true,
      isTerminal: false,
      terminal: new Screen(process.stdout, false),
      logLevel: 'warn',
    })
    let isDelivered = false
    try {
      await collector.start()
      await collector.ended()
    } finally {
      isDelivered = await collector.stop()
    }
    if (!isDelivered) process.exitCode = exitCode.failed
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function pipelineOf(files: readonly string[], parser: string, exporter: object): object {
  const include = files.filter((file) => file !== '-').map((file) => resolve(file))
  const receivers = {
    ...(include.length > 0 ? { file: { include, parser } } : {}),
    ...(include.length < files.length ? { stdin: { parser } } : {}),
  }
  return {
    receivers,
    exporters: { templates: exporter },
    service: { pipelines: { logs: { receivers: Object.keys(receivers), exporters: ['templates'] } } },
  }
}
