/** Records that were given up: how they are written, the file that they stand in, and how they are sent again from it. */
export {
  batchOfLetters,
  type DeadLetter,
  kinship,
  type Refusal,
  readDeadLetter,
  refusalAttributes,
  writeDeadLetters,
} from './dead-letter.ts'
export { DeadLetterFile, type DeadLetterFileOptions, DeadLetterFiles } from './dead-letter-file.ts'
export { type ReplayCounts, type ReplayFileOptions, replayFile } from './replay-file.ts'
