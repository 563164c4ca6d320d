import { resolveConfig } from './resolve-config.ts'
import { Condition, Duration, FieldPath, OneOf, type Static, Type } from './schema.ts'

/** Keys of every detector, which its host heeds: they stand in the detector's own section of the config. */
export const detectorKeys = Type.Object({
  where: Type.Optional(Condition({ description: 'Only records that meet this condition are looked at.' })),
  group_by: Type.Array(FieldPath({ description: 'A field of the record.' }), {
    description: 'One detector for each combination of these fields, such as `attributes.url.path`.',
    default: [],
  }),
  severity: Type.Optional(
    OneOf(['info', 'warning', 'critical'], { description: 'Severity of its alerts; left out, the detector decides.' }),
  ),
  cooldown: Duration({
    description: 'Once reported, the same alert (rule, group and key) is only counted for this long.',
    default: '10m',
  }),
  resolve_after: Duration({
    description: 'An alert that is a single event is over when it has not come again for this long.',
    default: '10m',
  }),
  allowed_lateness: Duration({
    description: 'How far records may be out of order; windows are judged so much later.',
    default: '5s',
  }),
  max_groups: Type.Integer({
    description: 'Groups that are remembered; the one that was not seen for longest makes room.',
    default: 1000,
    minimum: 1,
  }),
})

export type DetectorSettings = Static<typeof detectorKeys>

/** The host's keys in a detector's config, defaults filled in. */
export const detectorSettings = (config: { readonly [key: string]: unknown }): DetectorSettings =>
  // What resolveConfig makes of the schema is of the schema's type.
  resolveConfig(detectorKeys, config) as DetectorSettings
