/** Sends log records by OTLP, 1000 a request over four connections, each with eight attributes and a trace: `PROTOCOL PORT COUNT`. */
import { Agent, request } from 'node:http'
import { connect } from 'node:http2'

const [, , protocol = 'http/protobuf', port = '0', count = '0'] = process.argv
const perRequest = 1000
const distinct = 20
const senders = 4

function field(number: number, content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content)
  const length: number[] = []
  let rest = bytes.length
  for (; rest > 0x7f; rest >>>= 7) length.push((rest & 0x7f) | 0x80)
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length, rest]), bytes])
}

function fixed64(number: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(9)
  bytes[0] = number * 8 + 1
  bytes.writeBigUInt64LE(value, 1)
  return bytes
}

const text = (value: string) => field(1, value)
const attribute = (key: string, value: Uint8Array) => field(6, Buffer.concat([field(1, key), field(2, value)]))

/** A `LogRecord` of about 390 bytes. */
function record(index: number): Buffer {
  const time = 1_764_000_000_000_000_000n + BigInt(index) * 1_234_567n
  const path = `/api/v1/orders/${index * 977}/items`
  const trace = Buffer.alloc(16)
  trace.writeUInt32LE(Math.imul(index + 1, 2_654_435_761) >>> 0)
  const double = Buffer.alloc(9)
  double[0] = 4 * 8 + 1
  double.writeDoubleLE(index / 7, 1)
  return Buffer.concat([
    fixed64(1, time),
    Buffer.from([2 * 8, 9]),
    field(3, 'INFO'),
    field(5, text(`GET ${path} took ${index % 100} ms for user${index % 50}`)),
    attribute('http.request.method', text('GET')),
    attribute('http.response.status_code', Buffer.from([3 * 8, 0xc8, 0x01])),
    attribute('url.path', text(path)),
    attribute('client.address', text(`10.0.${index % 255}.7`)),
    attribute('user_agent.original', text('Mozilla/5.0 (X11; Linux x86_64; rv:132.0)')),
    attribute('duration_ms', double),
    attribute('cached', Buffer.from([2 * 8, index % 2])),
    attribute('thread.name', text(`worker-${index % 8}`)),
    Buffer.from([8 * 8 + 5, 1, 0, 0, 0]),
    field(9, trace),
    field(10, trace.subarray(0, 8)),
    fixed64(11, time),
  ])
}

function body(from: number, records: number): Buffer {
  const scope = field(1, field(1, 'bench'))
  const logs = Array.from({ length: records }, (_, index) => field(2, record(from + index)))
  const resource = field(1, field(1, Buffer.concat([field(1, 'service.name'), field(2, text('shop'))])))
  return field(1, Buffer.concat([resource, field(2, Buffer.concat([scope, ...logs]))]))
}

const bodies = Array.from({ length: distinct }, (_, index) => body(index * perRequest, perRequest))
const total = Number(count)
let left = total

function next(): Buffer {
  const records = Math.min(perRequest, left)
  left -= records
  return records === perRequest ? (bodies[((left / perRequest) % distinct) | 0] ?? body(0, records)) : body(0, records)
}

const agent = new Agent({ keepAlive: true, maxSockets: senders })
const headers = { 'content-type': 'application/x-protobuf' }

const post = (bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    const asking = request({ agent, port: Number(port), host: '127.0.0.1', method: 'POST', path: '/v1/logs', headers })
    asking.on('error', reject).on('response', (response) => {
      if (response.statusCode !== 200) reject(new Error(`it answered ${response.statusCode}`))
      response.resume().on('end', resolve)
    })
    asking.end(bytes)
  })

const method = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'

/** gRPC by hand, so that the sender is not what is measured. */
function grpc(): (bytes: Buffer) => Promise<void> {
  const session = connect(`http://127.0.0.1:${port}`)
  return (bytes) =>
    new Promise((resolve, reject) => {
      const stream = session.request({
        ...{ ':method': 'POST', ':path': method, te: 'trailers', 'content-type': 'application/grpc' },
      })
      const prefix = Buffer.alloc(5)
      prefix.writeUInt32BE(bytes.length, 1)
      stream.on('trailers', (trailers) => {
        if (trailers['grpc-status'] !== '0') reject(new Error(`it answered ${trailers['grpc-status']}`))
      })
      stream.on('error', reject).on('end', resolve).resume()
      stream.write(prefix)
      stream.end(bytes)
    })
}

async function send(by: (bytes: Buffer) => Promise<void>): Promise<void> {
  while (left > 0) await by(next())
}

await Promise.all(Array.from({ length: senders }, () => send(protocol === 'grpc' ? grpc() : post)))
process.exit()
