import { json } from './json.ts'
import { nginx } from './nginx.ts'
import { syslog } from './syslog.ts'

export default [json, nginx, syslog]
