#!/usr/bin/env node
import { isWeirError, messageOf } from '@weir/sdk'
import { exitCode } from './exit-code.ts'
import { program } from './program.ts'

try {
  await program().parseAsync()
} catch (error) {
  const hint = isWeirError(error) && error.hint !== undefined ? `\n  ${error.hint}` : ''
  process.stderr.write(`weir: ${messageOf(error)}${hint}\n`)
  process.exitCode = exitCode.failed
}
