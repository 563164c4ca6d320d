import type { Notice, Record } from '@weir/sdk'

/** The format of one service. */
export interface Preset<Entry = unknown> {
  /** Where it takes messages, if that is the same for everyone. */
  readonly url?: string
  /** Headers that say who sends. */
  readonly credentials?: { readonly [name: string]: string }
  /** Alerts that fit in one request. */
  readonly maxPerRequest: number
  /** What goes into a request of one record. */
  read(record: Record): Entry
  /** The body of one request, as JSON's values. `url` is the configured address. */
  payload(entries: readonly Entry[], url: URL): unknown
  /** Where one request goes, if not to the configured address. */
  target?(entries: readonly Entry[], url: URL): URL
}

/** Colours of a message's edge, as 24-bit numbers. */
export const colorOf = ({ isResolved, severity }: Notice): number =>
  isResolved ? 0x2eb67d : { info: 0x3b82f6, warning: 0xecb22e, critical: 0xe01e5a }[severity]

/** The same as text: `#2eb67d`. */
export const colorText = (notice: Notice): string => `#${colorOf(notice).toString(16).padStart(6, '0')}`
