import { basicAuth } from './basic-auth.ts'
import { bearerAuth } from './bearer-auth.ts'

export default [basicAuth, bearerAuth]
