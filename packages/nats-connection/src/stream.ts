import { DiscardPolicy, type JetStreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import type { Logger } from '@weir/sdk'
import type { StreamConfig } from './connection-keys.ts'
import { isMissingStream } from './nats-error.ts'

const retention = {
  limits: RetentionPolicy.Limits,
  interest: RetentionPolicy.Interest,
  workqueue: RetentionPolicy.Workqueue,
}

/**
 * Makes sure that a stream is there: creates it, if the config says so.
 * @param subjects those that it takes in, unless the config says
 * @throws JetStreamApiError when it is not there and must not be created
 */
export async function ensureStream(
  manager: JetStreamManager,
  name: string,
  subjects: readonly string[],
  { create_stream: create, stream_options: options }: StreamConfig,
  logger: Logger,
): Promise<void> {
  try {
    await manager.streams.info(name)
    return
  } catch (error) {
    if (!create || !isMissingStream(error)) throw error
  }
  const taken = options.subjects ?? [...subjects]
  await manager.streams.add({
    name,
    subjects: taken,
    retention: retention[options.retention],
    storage: options.storage === 'file' ? StorageType.File : StorageType.Memory,
    discard: options.discard === 'new' ? DiscardPolicy.New : DiscardPolicy.Old,
    max_age: nanos(options.max_age),
    max_bytes: options.max_bytes === 0 ? -1 : options.max_bytes,
    num_replicas: options.replicas,
    duplicate_window: nanos(
      options.max_age === 0 ? options.duplicate_window : Math.min(options.duplicate_window, options.max_age),
    ),
  })
  logger.info({ stream: name, subjects: taken }, 'the stream was created')
}
