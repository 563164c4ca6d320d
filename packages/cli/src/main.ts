#!/usr/bin/env node
import { messageOf, isWeirError } from '@weir/sdk'
import { program } from './program.ts'
import { exitCode } from './exit-code.ts'

try {
  await program().parseAsync()
} catch (error) {
  const hint = isWeirError(error) && error.hint !== undefined ? `\n  ${error.hint}` : ''
  process.stderr.write(`weir: ${messageOf(error)}${hint}\n`)
  process.exitCode = exitCode.failed
}
