import { httpServerServices, smallServerKeys } from '@weir/http-server'
import { Duration, type Injected, type Static, Type } from '@weir/sdk'

export const config = Type.Object({
  ...smallServerKeys({ port: 1777 }),
  max_duration: Duration({ description: 'Longest CPU profile that may be asked for.', default: '5m' }),
})

export const inject = httpServerServices

export type ProfilingConfig = Static<typeof config>
export type ProfilingServices = Injected<typeof inject>
