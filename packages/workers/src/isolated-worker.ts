import { getHeapStatistics } from 'node:v8'
import { workerData } from 'node:worker_threads'
import { registerPluginHooks } from '@weir/plugins'
import { messageOf, packedBuffers } from '@weir/sdk'
import { actingDetector, actingParser, actingProcessor } from './isolated-acts.ts'
import {
  type Beginning,
  type FailureReason,
  type IsolatedBirth,
  type Message,
  type Methods,
  type Note,
  type Request,
  sentError,
  tooLarge,
} from './isolation-messages.ts'
import { isolatedServices } from './isolation-tokens.ts'
import { contextOf, importDefinition } from './worker-component.ts'

const { port, signal, component, id, runMode, memoryLimit }: IsolatedBirth = workerData
const stopping = new AbortController()
let acts: Partial<Methods> = {}

/** The other side may be waiting on the spot: it is woken for each message. */
function post(message: Message, moved: ArrayBuffer[] = []): void {
  port.postMessage(message, moved)
  Atomics.add(signal, 0, 1)
  Atomics.notify(signal, 0)
}

function say(note: Note): void {
  try {
    post(note)
  } catch {
    // Fields that cannot be sent, such as functions.
    if (note.is === 'log') post({ ...note, fields: {} })
  }
}

function end(reason: FailureReason, error: string): void {
  post({ is: 'ending', reason, error })
}

async function create({ state, instances }: Beginning): Promise<string[]> {
  const definition = await importDefinition(component)
  const services = await isolatedServices(definition.inject, { id, runMode, state, stopping: stopping.signal, say })
  const make = () => definition.create(contextOf(definition, services, component.config))
  const { kind, mutates = false } = definition
  const made =
    kind === 'parser'
      ? actingParser(make)
      : kind === 'processor'
        ? await actingProcessor(make, mutates)
        : actingDetector(make, instances, (error) =>
            say({
              is: 'log',
              level: 'warn',
              fields: { error: messageOf(error) },
              message: 'its snapshot could not be used',
            }),
          )
  acts = made.acts
  return made.has
}

async function answer({ id: request, method, args }: Request): Promise<void> {
  try {
    const act: unknown = method === 'create' ? create : Reflect.get(acts, method)
    if (typeof act !== 'function') throw new Error(`${id} was asked to ${method}, which it cannot`)
    const answered: unknown = Reflect.apply(act, acts, args)
    const result = answered instanceof Promise ? await answered : answered
    post({ is: 'result', id: request, result }, packedBuffers(result))
  } catch (error) {
    post({ is: 'error', id: request, error: sentError(error) })
  }
  // The heap's limit does not count what lies outside of it.
  if (getHeapStatistics().external_memory > memoryLimit) {
    end('memory_limit', tooLarge(memoryLimit))
    process.exit(1)
  }
}

registerPluginHooks()
process.on('uncaughtException', (error) => {
  end('exception', `an exception that nobody caught: ${messageOf(error)}`)
  process.exit(1)
})
process.on('exit', (code) => end('exit', `it ended its thread (exit code ${code})`))
port.on('message', (request: Request) => {
  if (request.method === 'abort') stopping.abort()
  else void answer(request)
})
