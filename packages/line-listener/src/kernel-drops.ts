import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Columns of the kernel's table of UDP sockets. */
const local = 1
const inode = 9
const drops = 12
const tables = ['/proc/net/udp', '/proc/net/udp6']

interface Row {
  readonly port: number
  readonly inode: string
  readonly drops: number
}

/**
 * How many datagrams the kernel has dropped before a socket of this process, by the kernel's own count; `undefined`
 * where it does not tell.
 * @see https://docs.kernel.org/networking/proc_net_tcp.html
 */
export function kernelDrops(port: number): number | undefined {
  const rows = tables.flatMap(rowsOf).filter((row) => row.port === port)
  if (rows.length <= 1) return rows[0]?.drops
  const own = ownSockets()
  return rows.find((row) => own.has(row.inode))?.drops
}

function rowsOf(table: string): Row[] {
  try {
    const lines = readFileSync(table, 'latin1').trim().split('\n').slice(1)
    return lines.map((line) => {
      const columns = line.trim().split(/\s+/)
      return {
        port: Number.parseInt(columns[local]?.split(':')[1] ?? '', 16),
        inode: columns[inode] ?? '',
        drops: Number(columns[drops]),
      }
    })
  } catch {
    return []
  }
}

/** Inodes of the sockets that this process has open. */
function ownSockets(): Set<string> {
  const inodes = new Set<string>()
  for (const descriptor of readdirSync('/proc/self/fd')) {
    try {
      const [, found] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${descriptor}`)) ?? []
      if (found !== undefined) inodes.add(found)
    } catch {
      // It was closed meanwhile.
    }
  }
  return inodes
}
