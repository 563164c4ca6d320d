import { httpServerServices, smallServerKeys } from '@weir/http-server'
import { Duration, type Injected, type Static, Status, Type } from '@weir/sdk'

const path = (description: string, value: string) =>
  Type.String({ description, default: value, pattern: '^/[^?#\\s]+$' })

export const config = Type.Object({
  ...smallServerKeys({ port: 13133 }),
  liveness_path: path('Path that answers 200 as long as the process does.', '/livez'),
  readiness_path: path(
    'Path that answers 200 when the collector is ready, else 503, with why; `/` does so, too.',
    '/readyz',
  ),
  max_circuit_open: Duration({
    description: 'Not ready when the circuit of an exporter has been open for longer.',
    default: '1m',
  }),
})

export const inject = { ...httpServerServices, status: Status }

export type HealthConfig = Static<typeof config>
export type HealthServices = Injected<typeof inject>
