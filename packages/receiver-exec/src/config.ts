import { Duration, OneOf, type Static, Type } from '@weir/sdk'

export const config = Type.Object({
  command: Type.Array(Type.String(), {
    description: 'Program and arguments. There is no shell: for one, write `[sh, -c, "…"]`.',
    minItems: 1,
    examples: [['journalctl', '--follow', '--output=json']],
  }),
  mode: OneOf(['streaming', 'scheduled'], {
    description: 'A command that goes on, or one that is run again and again.',
    default: 'streaming',
  }),
  interval: Duration({
    description:
      '`scheduled`: time from start to start. A run that takes longer leaves out the starts that it misses: there is one at a time.',
    default: '1m',
  }),
  timeout: Duration({ description: '`scheduled`: longest time that a run may take; 0 for ever.', default: '0' }),
  restart: OneOf(['always', 'on_failure', 'never'], {
    description: '`streaming`: whether the command is started again when it ends.',
    default: 'always',
  }),
  restart_delay: Duration({
    description: '`streaming`: time until the first restart; each that follows waits twice as long.',
    default: '1s',
  }),
  restart_max_delay: Duration({
    description:
      '`streaming`: longest time until a restart. A run that lasts this long begins again with `restart_delay`.',
    default: '1m',
  }),
  success_codes: Type.Array(Type.Integer({ minimum: 0, maximum: 255 }), {
    description: 'Exit codes that are no failure (`grep` ends with 1 when it finds nothing).',
    default: [0],
    examples: [[0, 1]],
  }),
  working_dir: Type.String({
    description: 'Folder in which the command runs; a relative one is resolved against the folder of the config.',
    default: '.',
  }),
  env: Type.Record(Type.String(), Type.String({ description: 'Value of the variable.' }), {
    description: 'Variables of the environment, beside those of Weir.',
    default: {},
  }),
  inherit_env: Type.Boolean({
    description: 'Give the command the environment of Weir, secrets in it included.',
    default: true,
  }),
  stderr: OneOf(['on_failure', 'records', 'ignore'], {
    description:
      'What becomes of standard error: its end is told in the log of Weir when the command fails; records as well, with `log.iostream`; or nothing.',
    default: 'on_failure',
  }),
  flush_period: Duration({
    description: 'How long an incomplete last line waits for its end before it is sent as it is; `0` waits for ever.',
    default: '500ms',
  }),
  stop_timeout: Duration({
    description:
      'How long the command may take to end after SIGTERM, and what it has left running after it; then SIGKILL, for its whole process group.',
    default: '5s',
  }),
})

export type ExecConfig = Static<typeof config>
