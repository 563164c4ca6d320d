import { WeirError } from '@weir/sdk'

export const exposed = (endpoint: string): WeirError =>
  new WeirError(`whoever reaches ${endpoint} could have the memory of this process written to disk`, {
    code: 'WEIR_PROFILING_EXPOSED',
    configPath: ['endpoint'],
    hint: 'listen on 127.0.0.1, or say who may come in: auth: { authenticator: … }',
  })
