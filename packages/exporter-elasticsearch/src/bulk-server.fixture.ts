import { HttpServer, type SeenRequest } from '@weir/http-client/testing'

export interface Document {
  readonly '@timestamp': string
  readonly [name: string]: unknown
}

interface ItemError {
  readonly status: number
  readonly type: string
}

/**
 * Answers as the bulk API is documented: `create` refuses what is there already; what else is refused, the test says.
 * @see https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk
 */
export class BulkServer implements AsyncDisposable {
  /** By index and id. */
  readonly documents = new Map<string, Document>()
  /** Documents of each request. */
  readonly counts: number[] = []
  /** Statuses of whole requests to come; 0 cuts the connection after the documents are taken, 200 is the usual answer. */
  readonly statuses: number[] = []
  refuse: (document: Document) => ItemError | undefined = () => undefined
  #http: HttpServer | undefined

  static async start(): Promise<BulkServer> {
    const server = new BulkServer()
    server.#http = await HttpServer.start((request, response, message) => {
      const status = server.statuses.shift() ?? 200
      if (status !== 200 && status !== 0) return void response.writeHead(status).end('{"error":"no"}')
      const answer = JSON.stringify(server.#take(request.body))
      if (status === 0) message.socket.resetAndDestroy()
      else response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
    })
    return server
  }

  get url(): string {
    return this.#http?.url('') ?? ''
  }

  get requests(): readonly SeenRequest[] {
    return this.#http?.requests ?? []
  }

  get ids(): string[] {
    return [...this.documents.keys()].map((key) => key.split('/')[1] ?? '')
  }

  get bodies(): unknown[] {
    return Array.from(this.documents.values(), (document) => document['body.text'])
  }

  #take(body: string): object {
    const lines = body.split('\n')
    if (lines.pop() !== '') throw new Error('a bulk ends with a line break')
    const items: object[] = []
    for (let at = 0; at < lines.length; at += 2) {
      const { create } = JSON.parse(lines[at] ?? '')
      const document: Document = JSON.parse(lines[at + 1] ?? '')
      if (Number.isNaN(Date.parse(document['@timestamp']))) throw new Error('a document has no time')
      items.push({ create: this.#create(`${create._index}/${create._id}`, document) })
    }
    this.counts.push(items.length)
    return { items }
  }

  #create(key: string, document: Document): object {
    const refusal = this.documents.has(key)
      ? { status: 409, type: 'version_conflict_engine_exception' }
      : this.refuse(document)
    if (refusal === undefined) {
      this.documents.set(key, document)
      return { status: 201 }
    }
    const { status, type } = refusal
    return { status, error: { type, reason: `because of ${document['body.text']}` } }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http?.[Symbol.asyncDispose]()
  }
}
