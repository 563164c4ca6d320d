/** Sends syslog messages, RFC 5424 with structured data, 177 bytes each: `TRANSPORT PORT COUNT RATE`; prints what it did as JSON. */
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'

const [, , transport = 'tcp', port = '0', count = '0', rate = '0'] = process.argv
const total = Number(count)
const perSecond = Number(rate)
const bytesOfMessage = 177
const distinct = 10_000

/** A message of 177 bytes with its line feed, its count, or what makes up for either in a datagram. */
function message(index: number): string {
  const time = new Date(Date.UTC(2026, 9, 11, 22, 14, 15) + index).toISOString()
  const text = `<165>1 ${time} web-${index % 40}.example evntslog ${8710 + (index % 100)} ID47 [exampleSDID@32473 iut="3" eventSource="Application" eventID="${1000 + (index % 1000)}"] An application event`
  return transport === 'counted' ? `173 ${text.padEnd(173, '.')}` : text.padEnd(bytesOfMessage - 1, '.')
}

const messages = Array.from({ length: distinct }, (_, index) => message(index))

function overTcp(): void {
  const block = Buffer.from(messages.map((text) => (transport === 'counted' ? text : `${text}\n`)).join(''))
  let sent = 0
  const socket = connect(Number(port), '127.0.0.1', function send() {
    while (sent < total) {
      const left = Math.min(distinct, total - sent)
      sent += left
      if (!socket.write(block.subarray(0, left * bytesOfMessage))) {
        socket.once('drain', send)
        return
      }
    }
    socket.end()
  })
}

/** In bursts of half a millisecond, so that the rate is even; each burst waits until the one before it has left. */
function overUdp(): void {
  const buffers = messages.map((text) => Buffer.from(text))
  const socket = createSocket({ type: 'udp4', sendBufferSize: 4 << 20 })
  const since = performance.now()
  let sent = 0
  let left = 0
  const done = () => {
    left--
  }
  socket.connect(Number(port), '127.0.0.1', function send() {
    const due = Math.min(total, Math.floor((performance.now() - since) * (perSecond / 1000)))
    while (sent < due && left < 1000) {
      left++
      socket.send(buffers[sent++ % distinct] ?? '', done)
    }
    if (sent < total) setImmediate(send)
    else {
      socket.close()
      process.stdout.write(`${JSON.stringify({ sent, ms: performance.now() - since })}\n`)
    }
  })
}

if (transport === 'udp') overUdp()
else overTcp()
