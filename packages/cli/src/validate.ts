import { exitCode } from './exit-code.ts'
import { type ConfigOptions, prepareFrom, report } from './prepared.ts'

export async function validate(files: string[], options: ConfigOptions & { json?: boolean }): Promise<void> {
  const prepared = await prepareFrom(files, options)
  if (options.json) {
    const problems = prepared.pluginProblems.map(({ plugin, error }) => ({
      plugin,
      code: error.code,
      message: error.message,
      hint: error.hint,
    }))
    process.stdout.write(
      `${JSON.stringify({ valid: prepared.plan !== undefined, diagnostics: prepared.diagnostics, plugins: problems }, undefined, 2)}\n`,
    )
    if (prepared.plan === undefined) process.exitCode = exitCode.invalid
    return
  }
  if (!report(prepared)) return
  const names = prepared.plan?.pipelines.map(({ name }) => name).join(', ') ?? ''
  process.stdout.write(`${prepared.config?.files.join(', ') ?? ''}: valid (pipelines: ${names})\n`)
}
