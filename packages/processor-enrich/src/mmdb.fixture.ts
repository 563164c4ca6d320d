/** Writes small databases in MaxMind's format. @see https://maxmind.github.io/MaxMind-DB/ */
import { Buffer } from 'node:buffer'

type Value = string | number | Value[] | { [key: string]: Value }

/** A field of the data section: its type and size in the first byte, its content after it. */
function encode(value: Value): Buffer {
  if (typeof value === 'string') return field(2, Buffer.byteLength(value), Buffer.from(value))
  if (Array.isArray(value)) return field(11, value.length, Buffer.concat(value.map(encode)))
  if (typeof value === 'object') {
    const entries = Object.entries(value).flatMap(([key, item]) => [encode(key), encode(item)])
    return field(7, entries.length / 2, Buffer.concat(entries))
  }
  const content = Buffer.alloc(Number.isInteger(value) ? 4 : 8)
  if (Number.isInteger(value)) content.writeUInt32BE(value)
  else content.writeDoubleBE(value)
  return field(Number.isInteger(value) ? 6 : 3, content.length, content)
}

function field(type: number, size: number, content: Buffer): Buffer {
  const [small, more] = size < 29 ? [size, []] : [29, [size - 29]]
  return Buffer.concat([
    Buffer.from([((type > 7 ? 0 : type) << 5) | small, ...(type > 7 ? [type - 7] : []), ...more]),
    content,
  ])
}

type Node = [left: Node | number | undefined, right: Node | number | undefined]

/** Bits of a network such as `10.0.0.0/8`, in the tree of IPv6, or of a group of hexadecimal digits such as `2001:db8`. */
function bitsOf(network: string): string {
  const [address = '', length = ''] = network.split('/')
  const bits = address.includes('.')
    ? '0'.repeat(96) +
      address
        .split('.')
        .map((part) => Number(part).toString(2).padStart(8, '0'))
        .join('')
    : address
        .split(':')
        .map((part) => Number.parseInt(part, 16).toString(2).padStart(16, '0'))
        .join('')
  return bits.slice(0, address.includes('.') ? 96 + Number(length) : Number(length))
}

/** A database of what is known of networks. */
export function mmdb(networks: { readonly [network: string]: Value }): Buffer {
  const root: Node = [undefined, undefined]
  const data: Buffer[] = []
  for (const [network, value] of Object.entries(networks)) {
    const bits = [...bitsOf(network)].map(Number)
    let node = root
    for (const bit of bits.slice(0, -1)) {
      const next: Node = typeof node[bit] === 'object' ? (node[bit] as Node) : [undefined, undefined]
      node[bit] = next
      node = next
    }
    node[bits.at(-1) ?? 0] = data.reduce((sum, { length }) => sum + length, 0)
    data.push(encode(value))
  }
  const nodes: Node[] = [root]
  for (const node of nodes) for (const side of node) if (typeof side === 'object') nodes.push(side)
  const tree = Buffer.alloc(nodes.length * 8)
  for (const [index, node] of nodes.entries()) {
    for (const [side, to] of node.entries()) {
      const record =
        to === undefined ? nodes.length : typeof to === 'object' ? nodes.indexOf(to) : nodes.length + 16 + to
      tree.writeUInt32BE(record, index * 8 + side * 4)
    }
  }
  const metadata = encode({
    ...{ binary_format_major_version: 2, binary_format_minor_version: 0, build_epoch: 1_764_000_000 },
    ...{ database_type: 'Test', description: { en: 'test' }, ip_version: 6, languages: ['en'] },
    ...{ node_count: nodes.length, record_size: 32 },
  })
  return Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata])
}
