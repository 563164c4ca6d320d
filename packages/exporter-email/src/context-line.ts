import { isoTime, type Notice } from '@weir/sdk'

/** When, and what reported it: `2026-11-24 14:13:19 UTC  ·  rate/5xx`. */
export const contextLine = ({ time, origin }: Notice): string =>
  [isoTime(time)?.replace(/T([\d:]+).*/, ' $1 UTC'), origin]
    .filter((text) => text !== undefined && text !== '')
    .join('  ·  ')
