import { Condition, Duration, OneOf, type Static, TimeZoneName, Type, WeirError } from '@weir/sdk'

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const Clock = (description: string) => Type.String({ description, pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' })
const Moment = (description: string) =>
  Type.String({
    description,
    pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2}))?$',
  })

const maintenance = Type.Object(
  {
    name: Type.String({ description: 'What it is called in the log.', default: 'maintenance' }),
    where: Type.Optional(Condition({ description: 'Only alerts that meet this condition, as records.' })),
    from: Type.Optional(Moment('Beginning of a single window: `2026-12-01T22:00:00Z`.')),
    to: Type.Optional(Moment('End of a single window.')),
    start: Type.Optional(Clock('Time of day at which a window that recurs begins: `22:00`.')),
    end: Type.Optional(Clock('Time of day at which it ends; before `start`, it ends on the next day.')),
    days: Type.Array(OneOf(days, { description: 'A day of the week.' }), {
      description: 'Days on which a window that recurs begins; none: all.',
      default: [],
    }),
    time_zone: TimeZoneName({
      description: 'Of `start` and `end`: `UTC`, `Local`, an offset such as `+02:00`, or an IANA name.',
      default: 'UTC',
      examples: ['Europe/Berlin'],
    }),
  },
  { additionalProperties: false },
)

const inhibition = Type.Object(
  {
    source: Condition({ description: 'While an alert that meets this is firing …' }),
    target: Condition({ description: '… alerts that meet this are not sent.' }),
    equal: Type.Array(Type.String({ description: 'A label.' }), {
      description:
        'Labels that both must have alike: `rule`, `severity`, or a field of `group_by`, such as `service.name`.',
      default: [],
    }),
  },
  { additionalProperties: false },
)

const severityRule = Type.Object(
  {
    where: Condition({ description: 'Alerts that meet this condition, as records …' }),
    severity: OneOf(['info', 'warning', 'critical'], { description: '… have this severity.' }),
  },
  { additionalProperties: false },
)

export const config = Type.Object({
  group_by: Type.Array(Type.String({ description: 'A label.' }), {
    description:
      'Labels that the alerts of an incident have alike: `rule`, `severity`, or a field of `group_by`, such as `service.name`. None: all alerts together.',
    default: [],
  }),
  window: Duration({
    description: 'An alert that begins so long after the last one of an incident is of another.',
    default: '5m',
  }),
  wait: Duration({
    description: 'How long the first alert is held back for others to come.',
    default: '30s',
  }),
  min_alerts: Type.Integer({
    description: 'Alerts that make an incident; fewer are sent as they are.',
    default: 2,
    minimum: 2,
  }),
  update_interval: Duration({
    description: 'An incident that grows is sent again after so long, at once if it gets worse.',
    default: '5m',
  }),
  keep_alerts: Type.Boolean({ description: 'Also sends each alert of an incident by itself.', default: false }),
  severity: Type.Array(severityRule, { description: 'Severities by rule; the first that fits counts.', default: [] }),
  inhibit: Type.Array(inhibition, {
    description: 'Alerts that are not sent while another one is firing.',
    default: [],
  }),
  maintenance: Type.Array(maintenance, {
    description: 'Times in which alerts are not sent; those that then still fire are.',
    default: [],
  }),
  flapping: Type.Object(
    {
      changes: Type.Integer({
        description:
          'An alert that has begun more often than this is flapping: sent once, and not again until it is calm. 0: never.',
        default: 4,
        minimum: 0,
      }),
      within: Duration({
        description: 'Time in which that is counted, and in which nothing may change for it to be calm.',
        default: '1h',
      }),
    },
    { description: 'Alerts that come and go.', default: {}, additionalProperties: false },
  ),
})

export type Config = Static<typeof config>
export type MaintenanceConfig = Config['maintenance'][number]

/** @throws WeirError `WEIR_CORRELATION_CONFIG` */
export function checkMaintenance({ name, from, to, start, end }: MaintenanceConfig): void {
  const fail = (message: string, hint: string, configPath: readonly string[] = []) => {
    const options = { code: 'WEIR_CORRELATION_CONFIG', hint, configPath }
    throw new WeirError(`the maintenance window ${name} ${message}`, options)
  }
  const isSingle = from !== undefined && to !== undefined && start === undefined && end === undefined
  const isRecurring = start !== undefined && end !== undefined && from === undefined && to === undefined
  if (!isSingle && !isRecurring) fail('has no beginning or no end', 'write from and to, or start and end')
  if (isSingle && !(Date.parse(from) < Date.parse(to)))
    fail('ends before it begins', 'write from and to as 2026-12-01T22:00:00Z', ['to'])
}
