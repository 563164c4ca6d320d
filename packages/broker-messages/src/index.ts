/** Batches of Weir as messages of a broker, and back. */
export { type Compression, compressionKey } from './compression.ts'
export { MessageEncoder, type MessageEncoderOptions } from './message-encoder.ts'
export { encodingName, field, type IncomingMessage, type OutgoingMessage } from './message-format.ts'
export { MessageIntake, type MessageIntakeOptions } from './message-intake.ts'
export { partitionOf } from './partition.ts'
export { Publisher } from './publisher.ts'
export { RecordDecoder } from './record-decoder.ts'
export { type Route, Router, type RouterOptions } from './router.ts'
