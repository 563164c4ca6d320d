import { checkAt } from '@weir/sdk'
import { AllowedSenders } from './allowed-senders.ts'
import { noTransport } from './errors.ts'
import { parseListenAddress } from './listen-address.ts'
import type { ListenersConfig } from './listener-keys.ts'

interface Listening {
  readonly listen_address: string
}

/** What is known of a config of any receiver by `LineListeners`. */
export interface CheckedListeners extends Pick<ListenersConfig, 'allowed_senders'> {
  readonly udp?: Listening
  readonly tcp?: Listening
  readonly unix?: object
}

/**
 * For the `check` of a receiver by `LineListeners`. The files of `tls` are read when it starts.
 * @param type of the receiver, which stands in the codes of errors
 * @throws WeirError `WEIR_…_NO_TRANSPORT`, `WEIR_…_ADDRESS`, `WEIR_…_NETWORK`
 */
export function checkListeners(type: string, { udp, tcp, unix, allowed_senders: senders }: CheckedListeners): void {
  if (udp === undefined && tcp === undefined && unix === undefined) throw noTransport(type)
  for (const [key, transport] of Object.entries({ udp, tcp })) {
    if (transport === undefined) continue
    checkAt([key, 'listen_address'], () => parseListenAddress(type, transport.listen_address))
  }
  new AllowedSenders(type, senders)
}
