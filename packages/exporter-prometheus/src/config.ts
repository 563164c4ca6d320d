import { httpServerKeys } from '@weir/http-server'
import { Duration, Type } from '@weir/sdk'

const { endpoint, tls, auth, max_connections, read_header_timeout, idle_timeout } = httpServerKeys({ port: 9464 })

export const config = Type.Object({
  ...{ endpoint, tls, auth, max_connections, read_header_timeout, idle_timeout },
  namespace: Type.Optional(
    Type.String({
      description: 'Put in front of every name: `shop` makes `shop_requests_total`.',
      pattern: '^[a-zA-Z_:][a-zA-Z0-9_:]*$',
    }),
  ),
  const_labels: Type.Record(Type.String(), Type.String(), {
    description: 'Labels of every series, such as `region: eu`.',
    default: {},
  }),
  add_metric_suffixes: Type.Boolean({
    description: 'Adds the unit and, for counters, `_total` to names.',
    default: true,
  }),
  send_timestamps: Type.Boolean({
    description: 'Shows the time of each point; left out, Prometheus takes the time of its scrape.',
    default: false,
  }),
  metric_expiration: Duration({
    description:
      'A series that no point came for in so long is not shown any more, so that Prometheus sees it as stale.',
    default: '5m',
  }),
  enable_open_metrics: Type.Boolean({
    description: 'Answers in the format OpenMetrics where the scraper asks for it.',
    default: true,
  }),
  max_series: Type.Integer({
    description: 'Series that are kept; further ones are counted and not shown.',
    default: 100_000,
    minimum: 1,
  }),
})
