import type { Record } from '@weir/sdk'
import type { Notice } from '../notice.ts'

/** The format of one service. */
export interface Preset<Entry = unknown> {
  /** Where it takes messages, if that is the same for everyone. */
  readonly url?: string
  /** Alerts that fit in one request. */
  readonly maxPerRequest: number
  /** What goes into a request of one record. */
  read(record: Record): Entry
  /** The body of one request, as JSON's values. */
  payload(entries: readonly Entry[]): unknown
}

/** Colours of a message's edge, as 24-bit numbers. */
export const colorOf = ({ isResolved, severity }: Notice): number =>
  isResolved ? 0x2eb67d : { info: 0x3b82f6, warning: 0xecb22e, critical: 0xe01e5a }[severity]
