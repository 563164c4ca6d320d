import { Duration, OneOf, Size, type Static, Type } from '@weir/sdk'

const ids = (description: string) => Type.Array(Type.String({ minLength: 1 }), { description, default: [] })

const pipeline = Type.Object(
  {
    receivers: ids('Ids of receivers, or of connectors and processors of other pipelines that emit this signal.'),
    processors: ids('Ids of processors, in the order in which records pass them.'),
    exporters: ids('Ids of exporters, or of connectors.'),
  },
  { additionalProperties: false },
)

/** Name of a pipeline: its signal, and a name of its own if there are several. */
const pipelineName = '^(logs|alerts|metrics)(/[^/\\s]+)?$'

/** Relative to the config. */
export const defaultStateDir = '.weir'

/** The section `service`. */
export const serviceSchema = Type.Object(
  {
    state_dir: Type.String({
      description: 'Folder for checkpoints and baselines, relative to the config; `memory` keeps nothing.',
      default: defaultStateDir,
      minLength: 1,
    }),
    pipelines: Type.Record(Type.String({ pattern: pipelineName }), pipeline, {
      description: 'Pipelines by name: logs, alerts or metrics, with /name if there are several.',
      additionalProperties: false,
      minProperties: 1,
    }),
    workers: Type.Integer({
      description: 'Threads that parse and process beside the main one; 0: none.',
      default: 0,
      minimum: 0,
    }),
    on_error: OneOf(['continue', 'stop'], {
      description: 'What happens when a processor throws: its batch is dropped (counted), or the collector stops.',
      default: 'continue',
    }),
    shutdown_timeout: Duration({
      description: 'Longest time to deliver what is under way when stopping.',
      default: '30s',
    }),
    checkpoint_interval: Duration({
      description:
        'How often what detectors and other components know is stored, with the positions in the sources that it covers: what is read again after a crash.',
      default: '5s',
    }),
    memory_limit: Type.Optional(
      Type.Object(
        {
          hard: Size({
            description:
              'Memory from which receivers that can tell their peer to try later do so (OTLP, HTTP); the others wait.',
          }),
          soft: Type.Optional(
            Size({ description: 'Memory from which receivers wait. Default: four fifths of `hard`.' }),
          ),
          check_interval: Duration({ description: 'How often one looks.', default: '200ms' }),
        },
        {
          description:
            'Keeps memory bounded: heap, buffers, and what the process has when it starts. Needs some room above `hard`.',
          additionalProperties: false,
        },
      ),
    ),
    control: Type.Object(
      {
        enabled: Type.Boolean({
          description:
            'Opens control.sock in state_dir: `weir top`, `tap`, `reload` and `graph --live` reach the running collector by it. Only its owner can.',
          default: true,
        }),
      },
      {
        description: 'How the running collector can be seen and told to reload.',
        default: {},
        additionalProperties: false,
      },
    ),
    telemetry: Type.Object(
      {
        logs: Type.Object(
          {
            level: OneOf(['debug', 'info', 'warn', 'error', 'silent'], {
              description: "Level of Weir's own log.",
              default: 'info',
            }),
          },
          { description: "Weir's own log, on stderr.", default: {}, additionalProperties: false },
        ),
        metrics: Type.Object(
          {
            prometheus: Type.Optional(
              Type.Object(
                {
                  host: Type.String({ description: 'Address to listen on.', default: '127.0.0.1' }),
                  port: Type.Integer({ description: 'Port to listen on.', default: 9464, minimum: 0, maximum: 65_535 }),
                },
                { description: 'Serves the metrics for Prometheus, on /metrics.', additionalProperties: false },
              ),
            ),
          },
          { description: "Weir's own metrics.", default: {}, additionalProperties: false },
        ),
      },
      { description: 'What Weir tells about itself.', default: {}, additionalProperties: false },
    ),
  },
  { description: 'Which pipelines run, and how.', additionalProperties: false },
)

export type ServiceConfig = Omit<Static<typeof serviceSchema>, 'pipelines'>

/** Bytes of memory from which receivers wait. */
export const softLimitOf = ({ soft, hard }: NonNullable<ServiceConfig['memory_limit']>): number =>
  soft ?? Math.floor(hard * 0.8)

/** The section `plugins`. */
export const pluginsSchema = Type.Object(
  {
    paths: Type.Array(Type.String(), {
      description: 'Further plugin files or package folders, relative to the config.',
      default: [],
    }),
    prefer: Type.Record(Type.String(), Type.String(), {
      description: 'Package by kind/type, where two offer the same type: parser/nginx: my-package.',
      default: {},
    }),
  },
  {
    description: 'Where plugins come from, beside the dependencies of the project and plugins.d/.',
    additionalProperties: false,
  },
)
