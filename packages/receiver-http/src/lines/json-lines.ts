import type { Buffer } from 'node:buffer'
import { isJsonObject, maxDepth } from './json-object.ts'

interface RefusedLine {
  /** From 1. */
  readonly line: number
  readonly error: string
}

export interface CheckedLines {
  /** Lines that are JSON objects. */
  readonly accepted: number
  readonly refused: number
  /** The first of those that are not, and why. */
  readonly errors: readonly RefusedLine[]
}

const lineFeed = 0x0a
/** Refused lines that are told one by one. */
const maxErrors = 100

/** Looks whether each line is a JSON object, and blanks those that are not, so that nobody takes them for a line. */
export function checkJsonLines(bytes: Buffer): CheckedLines {
  const errors: RefusedLine[] = []
  let accepted = 0
  let refused = 0
  let line = 0
  for (let from = 0; from < bytes.length; ) {
    const newline = bytes.indexOf(lineFeed, from)
    const to = newline < 0 ? bytes.length : newline
    line++
    const error = faultOf(bytes, from, to)
    if (error === undefined) {
      accepted++
    } else if (error !== '') {
      refused++
      if (errors.length < maxErrors) errors.push({ line, error })
      bytes.fill(lineFeed, from, to)
    }
    from = to + 1
  }
  return { accepted, refused, errors }
}

/** Why a line is no JSON object; `''` if it is empty. A line feed follows it, or nothing. */
export function faultOf(bytes: Buffer, from: number, to: number): string | undefined {
  if (isJsonObject(bytes, from, to)) return undefined
  const text = bytes.toString('utf8', from, to)
  if (text.trim() === '') return ''
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? `it is nested more than ${maxDepth} levels deep` : 'it is no JSON object'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
