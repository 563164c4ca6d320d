import {
  Condition,
  Conditions,
  ConnectorOutput,
  defineConnector,
  type Exporter,
  type LogBatch,
  OneOf,
  type Output,
  PipelineReference,
  type Record,
  Record as RecordCursor,
  type Static,
  Type,
} from '@weir/sdk'

const pipelines = (description: string) =>
  Type.Array(PipelineReference({ description: 'A pipeline that has this connector under its receivers.' }), {
    description,
  })

const config = Type.Object({
  table: Type.Array(
    Type.Object(
      {
        condition: Condition({
          description: 'Which records.',
          examples: ['resource["k8s.namespace.name"] == "payments"'],
        }),
        pipelines: pipelines('Where they go.'),
      },
      { additionalProperties: false },
    ),
    { description: 'Routes, tried in this order.', minItems: 1 },
  ),
  default_pipelines: Type.Array(
    PipelineReference({ description: 'A pipeline that has this connector under its receivers.' }),
    { description: 'Where records go that no route is for; left out, they end here.', default: [] },
  ),
  match: OneOf(['first', 'all'], {
    description: '`first`: a record takes the first route whose condition it meets; `all`: every one.',
    default: 'first',
  }),
})

interface Route {
  readonly holds: (record: Record) => boolean
  readonly output: Output
  /** Rows of the batch at hand that take it. */
  rows: Uint32Array
  count: number
}

/** Sends each record of a batch the way that the table says. */
class Router implements Exporter {
  readonly #routes: readonly Route[]
  readonly #rest: Route
  readonly #takesAll: boolean

  constructor(given: Static<typeof config>, conditions: Conditions, output: ConnectorOutput) {
    const route = (names: readonly string[], holds: Route['holds']): Route => ({
      ...{ holds, output: output.to(names), rows: new Uint32Array(0), count: 0 },
    })
    this.#routes = given.table.map(({ condition, pipelines: names }) => route(names, conditions.compile(condition)))
    this.#rest = route(given.default_pipelines, () => true)
    this.#takesAll = given.match === 'all'
  }

  async export(batch: LogBatch): Promise<void> {
    this.#sort(batch)
    // Taken out first: one batch may wait for room while nothing of it may change.
    const parts = [...this.#routes, this.#rest].flatMap(({ output, rows, count }) =>
      count === 0 ? [] : [{ output, part: count === batch.length ? batch : batch.select(rows.slice(0, count)) }],
    )
    for (const { output, part } of parts) await output.send(part)
  }

  #sort(batch: LogBatch): void {
    const { length } = batch
    for (const route of [...this.#routes, this.#rest]) {
      if (route.rows.length < length) route.rows = new Uint32Array(length)
      route.count = 0
    }
    const record = new RecordCursor(batch)
    for (let index = 0; index < length; index++) {
      const row = batch.rowAt(index)
      record.at(row)
      let isTaken = false
      for (const route of this.#routes) {
        if (!route.holds(record)) continue
        route.rows[route.count++] = row
        isTaken = true
        if (!this.#takesAll) break
      }
      if (!isTaken) this.#rest.rows[this.#rest.count++] = row
    }
  }
}

const inject = { conditions: Conditions, output: ConnectorOutput }

export const route = defineConnector({
  type: 'route',
  description: 'Sends records to pipelines by conditions',
  stability: 'beta',
  accepts: ['logs'],
  emits: 'logs',
  ...{ config, inject },
  create: ({ config: given, conditions, output }) => new Router(given, conditions, output),
})

export const routeAlerts = defineConnector({
  type: 'route_alerts',
  description: 'Sends alerts to pipelines by conditions',
  stability: 'beta',
  accepts: ['alerts'],
  emits: 'alerts',
  ...{ config, inject },
  create: ({ config: given, conditions, output }) => new Router(given, conditions, output),
})
