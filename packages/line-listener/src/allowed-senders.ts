import { BlockList, isIP } from 'node:net'
import { badNetwork } from './errors.ts'

/** Addresses that are remembered with the answer. */
const maxKnown = 4096

/** An IPv4 address that came in over IPv6 as what it is. */
export const plainAddress = (address: string): string =>
  address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** Who may send. */
export class AllowedSenders {
  readonly #networks = new BlockList()
  readonly #known = new Map<string, boolean>()
  readonly #all: boolean

  /**
   * @param type of the receiver, for the code of the error
   * @throws WeirError `WEIR_…_NETWORK`
   */
  constructor(type: string, networks: readonly string[]) {
    this.#all = networks.length === 0
    for (const [index, network] of networks.entries()) {
      const [address = '', length, ...rest] = network.split('/')
      const bits = isIP(address) === 4 ? 32 : 128
      const prefix = length === undefined ? bits : Number(length)
      const isRight = isIP(address) !== 0 && rest.length === 0 && length !== '' && prefix >= 0 && prefix <= bits
      if (!isRight || !Number.isInteger(prefix)) throw badNetwork(type, network, index)
      this.#networks.addSubnet(address, prefix, familyOf(address))
    }
  }

  has(sender: string): boolean {
    if (this.#all) return true
    const known = this.#known.get(sender)
    if (known !== undefined) return known
    const address = plainAddress(sender)
    const isAllowed = isIP(address) !== 0 && this.#networks.check(address, familyOf(address))
    if (this.#known.size >= maxKnown) this.#known.clear()
    this.#known.set(sender, isAllowed)
    return isAllowed
  }
}
