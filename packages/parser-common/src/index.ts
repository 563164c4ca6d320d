import { json } from './json.ts'
import { nginx } from './nginx.ts'

export default [json, nginx]
