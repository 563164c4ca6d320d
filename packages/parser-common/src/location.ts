import { TimeZoneName } from '@weir/sdk'

/** The key that every parser of times without a zone has. */
export const location = TimeZoneName({
  description: 'zone of times that tell none: `UTC`, `Local`, an offset such as `+02:00`, or an IANA name',
  default: 'UTC',
  examples: ['Europe/Berlin'],
})
