/** Lines to records: where lines end, records of several lines, and a parser's turn at each. */
export { endOfLine, endOfLines, overlongLine } from './line-bounds.ts'
export { parseLines, type RecordSplitter } from './line-parsing.ts'
export { joinContinuations, lineStart } from './record-joiner.ts'
