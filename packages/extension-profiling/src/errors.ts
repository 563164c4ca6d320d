import { WeirError } from '@weir/sdk'

export const exposed = (component: string, endpoint: string): WeirError =>
  new WeirError(`${component}: whoever reaches ${endpoint} could have the memory of this process written to disk`, {
    code: 'WEIR_PROFILING_EXPOSED',
    component,
    hint: 'listen on 127.0.0.1, or say who may come in: auth: { authenticator: … }',
  })
