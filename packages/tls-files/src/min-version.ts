import type { SecureVersion } from 'node:tls'
import { OneOf, type Static } from '@weir/sdk'

/** The key `min_version`, of servers and clients. */
export const minVersion = OneOf(['1.2', '1.3'], { description: 'Oldest version of TLS.', default: '1.2' })

/** The option of Node that a `min_version` stands for; Node's own default where there is none. */
export const oldestVersion = (version: Static<typeof minVersion> | undefined): { minVersion?: SecureVersion } =>
  version === undefined ? {} : { minVersion: version === '1.3' ? 'TLSv1.3' : 'TLSv1.2' }
