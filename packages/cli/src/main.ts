#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { isWeirError, messageOf } from '@weir/sdk'
import { exitCode } from './exit-code.ts'

// What is imported from here on is compiled once and kept: a start takes half the time.
enableCompileCache()
const { program } = await import('./program.ts')

try {
  await program().parseAsync()
} catch (error) {
  const hint = isWeirError(error) && error.hint !== undefined ? `\n  ${error.hint}` : ''
  process.stderr.write(`weir: ${messageOf(error)}${hint}\n`)
  process.exitCode = exitCode.failed
}
