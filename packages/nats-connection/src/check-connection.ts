import { WeirError } from '@weir/sdk'
import type { ConnectionConfig } from './connection-keys.ts'

/**
 * For the `check` of a component with `connectionKeys`: addresses are shown and logged, and no place for a password.
 * @throws WeirError `WEIR_NATS_URL`
 */
export function checkConnection({ urls }: Pick<ConnectionConfig, 'urls'>): void {
  const index = urls.findIndex((url) => url.includes('@'))
  if (index < 0) return
  throw new WeirError('urls must have no user and no password in them', {
    code: 'WEIR_NATS_URL',
    hint: 'write them as auth: { user: …, password: ${env:NATS_PASSWORD} }',
    configPath: ['urls', index],
  })
}
