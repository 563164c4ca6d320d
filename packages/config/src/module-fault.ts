import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf } from '@weir/sdk'

/** Where something went wrong in a module; line and column count from 1. */
export interface ModuleFault {
  readonly path: string
  readonly line: number
  readonly column: number
}

/** What Node puts before the stack of a syntax error: file and line, source, and a caret below it. */
const syntaxFault = /^(\S.*):(\d+)\n[\s\S]*?\n( *)\^+ *\n/
const frame = /^ +at (?:.* \()?(file:\/\/\S+?)(?:\?\S*?)?:(\d+):(\d+)\)?$/gm

/**
 * The place that an error tells of: of a fault in the syntax, or of the first call in a module of `folder`, or else in any
 * file. Node tells no place for a fault in the syntax of JavaScript.
 */
export function moduleFault(error: unknown, folder?: string): ModuleFault | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const [, file, row, indent] = syntaxFault.exec(stack) ?? []
  if (file !== undefined && indent !== undefined)
    return { path: pathOf(file), line: Number(row), column: indent.length + 1 }
  const calls = [...stack.matchAll(frame)].map(([, url = '', line, column]) => ({
    path: pathOf(url),
    line: Number(line),
    column: Number(column),
  }))
  return calls.find(({ path }) => folder !== undefined && path.startsWith(folder + sep)) ?? calls[0]
}

const pathOf = (file: string): string => (file.startsWith('file:') ? fileURLToPath(file) : file).replace(/\?.*$/, '')

/** What an error says, and where it was thrown. */
export function messageWithPlace(error: unknown, folder?: string): string {
  const { path, line, column } = moduleFault(error, folder) ?? {}
  const place = path === undefined ? '' : ` (${path}:${line}:${column})`
  return messageOf(error) + place
}
