import { Session } from 'node:inspector'
import { dirname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A place in a source file at which a thread is. */
export interface CodePlace {
  readonly url: string
  readonly line: number
  readonly functionName: string
}

interface Frame {
  readonly functionName: string
  readonly location: { readonly scriptId: string; readonly lineNumber: number }
}

type Said =
  | { readonly method: 'Debugger.scriptParsed'; readonly params: { readonly scriptId: string; readonly url: string } }
  | { readonly method: 'Debugger.resumed' }
  | { readonly method: 'Debugger.paused'; readonly params: { readonly callFrames: readonly Frame[] } }

/** How long a thread may take to say where it is. */
const answerMs = 20_000

/** Asks a thread that does not answer any more where it is, by V8's inspector. */
export class ThreadInspector {
  readonly #session = new Session()
  #id: string | undefined

  /** Before the thread is begun: of those that are, the last is meant. */
  constructor() {
    this.#session.connect()
    this.#session.on('NodeWorker.attachedToWorker', ({ params }) => {
      this.#id = params.sessionId
    })
    this.#session.post('NodeWorker.enable', { waitForDebuggerOnStart: false })
  }

  /** Innermost first; none if the thread does not run anything, or cannot be asked. */
  async callStack(): Promise<CodePlace[]> {
    const sessionId = this.#id
    if (sessionId === undefined) return []
    const urls = new Map<string, string>()
    const paused = Promise.withResolvers<readonly Frame[]>()
    const resumed = Promise.withResolvers<void>()
    const tell = (id: number, method: string) =>
      this.#session.post('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id, method }) })
    this.#session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      const said: Said = JSON.parse(params.message)
      if (said.method === 'Debugger.scriptParsed') urls.set(said.params.scriptId, said.params.url)
      else if (said.method === 'Debugger.paused') paused.resolve(said.params.callFrames)
      else if (said.method === 'Debugger.resumed') resumed.resolve()
    })
    tell(1, 'Debugger.enable')
    tell(2, 'Debugger.pause')
    const timer = setTimeout(() => {
      paused.resolve([])
      resumed.resolve()
    }, answerMs)
    const frames = await paused.promise
    // A thread that is held cannot be ended.
    tell(3, 'Debugger.resume')
    await resumed.promise
    clearTimeout(timer)
    return frames.map(({ functionName, location }) => ({
      url: urls.get(location.scriptId) ?? '',
      line: location.lineNumber + 1,
      functionName,
    }))
  }

  close(): void {
    this.#session.disconnect()
  }
}

/** A component of the config, with the module that it comes from. */
export interface CodeOwner {
  /** `processors.mark` */
  readonly name: string
  readonly entry: string
}

/** Which component is in the way, and where in its code: `processors.mark at plugins.d/mark.ts:7 (process)`. */
export function blamed(stack: readonly CodePlace[], owners: readonly CodeOwner[], cwd: string): string | undefined {
  for (const { url, line, functionName } of stack) {
    const own = owners.filter(({ entry }) => url !== '' && withoutQuery(entry) === withoutQuery(url))
    const near = own.length > 0 ? own : owners.filter(({ entry }) => isBelow(url, entry))
    if (near.length === 0) continue
    const path = relative(cwd, fileURLToPath(withoutQuery(url)))
    return `${near.map(({ name }) => name).join(' or ')} at ${path}:${line}${functionName === '' ? '' : ` (${functionName})`}`
  }
  return undefined
}

const withoutQuery = (url: string): string => url.replace(/\?.*$/, '')

const isBelow = (url: string, entry: string): boolean => url.startsWith(`${dirname(withoutQuery(entry))}/`)
