import { apache } from './apache.ts'
import { auto } from './auto.ts'
import { cri } from './cri.ts'
import { csv } from './csv.ts'
import { docker } from './docker.ts'
import { grok } from './grok.ts'
import { json } from './json.ts'
import { logfmt } from './logfmt.ts'
import { nginx } from './nginx.ts'
import { regex } from './regex.ts'
import { syslog } from './syslog.ts'
import { text } from './text.ts'

export default [apache, auto, cri, csv, docker, grok, json, logfmt, nginx, regex, syslog, text]
