import type { InputKind } from './inputs.ts'

export interface Case {
  name: string
  input: InputKind
  /** Ratio to the reference that it should reach, if one was set. */
  goal?: number
  /** The pipeline's parts in the config; paths are filled in by the runner. */
  parser: string
  /** Of a parser that is told the format. */
  parserConfig?: object
  detectors?: string[]
  exporter: 'blackhole' | 'late' | 'file'
  /** The exporter's `sending_queue`. */
  queue?: object
  /** Whether checkpoints are kept, in a state directory of its own. */
  hasState?: boolean
}

const anomaly = ['rate', 'error_rate', 'new_pattern']

/** nginx combined, as one would write it for `dissect` and for `regex`. */
const dissectPattern =
  '%{client.address} %{} %{user.name} [%{time}] "%{http.request.method} %{url.path} %{network.protocol.version}" ' +
  '%{http.response.status_code} %{http.response.body.size} "%{http.request.header.referer}" "%{user_agent.original}"'

const regexPattern =
  '^(?<address>\\S+) (?<ident>\\S+) (?<user>\\S+) \\[(?<time>[^\\]]+)\\] "(?<method>\\S+) (?<path>[^" ]*) (?<version>[^"]*)" ' +
  '(?<status>\\d{3}) (?<size>\\d+|-) "(?<referer>[^"]*)" "(?<agent>[^"]*)"$'

/** The parsers that have no goal of their own. */
const parsers: readonly (readonly [input: InputKind, parser: string, config?: object])[] = [
  ['syslog3164', 'syslog'],
  ['text', 'text'],
  ['logfmt', 'logfmt'],
  ['csv', 'csv', { header: 'time,level,message,user,ms,path' }],
  ['nginx_error', 'nginx'],
  ['apache_error', 'apache'],
  ['cri', 'cri'],
  ['cri', 'container'],
  ['docker', 'docker'],
  [
    'text',
    'grok',
    {
      pattern:
        '%{TIMESTAMP_ISO8601:time} %{LOGLEVEL:level} \\[%{DATA:thread}\\] %{JAVACLASS:logger} - %{GREEDYDATA:message}',
    },
  ],
]

export const cases: readonly Case[] = [
  { name: 'file → nginx → blackhole', input: 'nginx', goal: 0.8, parser: 'nginx', exporter: 'blackhole' },
  { name: 'file → json → blackhole', input: 'json', goal: 0.4, parser: 'json', exporter: 'blackhole' },
  { name: 'file → syslog 5424 → blackhole', input: 'syslog', goal: 0.6, parser: 'syslog', exporter: 'blackhole' },
  {
    name: 'file → nginx → rate + error_rate + new_pattern → blackhole',
    input: 'nginx',
    goal: 0.25,
    parser: 'nginx',
    detectors: anomaly,
    exporter: 'blackhole',
  },
  { name: 'file → nginx → file (NDJSON, all)', input: 'nginx', goal: 0.15, parser: 'nginx', exporter: 'file' },
  {
    name: 'file → nginx by parse(line, record) → blackhole',
    input: 'nginx',
    goal: 0.2,
    parser: 'simple_nginx',
    exporter: 'blackhole',
  },
  {
    name: 'file → nginx by parse(line, record), regular expression → blackhole',
    input: 'nginx',
    parser: 'simple_nginx_regex',
    exporter: 'blackhole',
  },
  {
    name: 'file → nginx by dissect → blackhole',
    input: 'nginx',
    parser: 'dissect',
    parserConfig: { pattern: dissectPattern },
    exporter: 'blackhole',
  },
  {
    name: 'file → nginx by regex → blackhole',
    input: 'nginx',
    parser: 'regex',
    parserConfig: { pattern: regexPattern },
    exporter: 'blackhole',
  },
  {
    name: 'file → nginx → blackhole, checkpoints',
    input: 'nginx',
    goal: 0.75,
    parser: 'nginx',
    exporter: 'blackhole',
    hasState: true,
  },
  {
    name: 'file → nginx → queue on disk → blackhole',
    input: 'nginx',
    goal: 0.4,
    parser: 'nginx',
    exporter: 'blackhole',
    hasState: true,
    queue: { storage: 'disk' },
  },
  {
    name: 'file → nginx → late sink',
    input: 'nginx',
    goal: 0.75,
    parser: 'nginx',
    exporter: 'late',
    hasState: true,
  },
  ...(['never', 'interval', 'always'] as const).map(
    (fsync): Case => ({
      name: `file → nginx → queue on disk (fsync: ${fsync}) → late sink`,
      input: 'nginx',
      goal: 0.4,
      parser: 'nginx',
      exporter: 'late',
      hasState: true,
      queue: { storage: 'disk', fsync },
    }),
  ),
  {
    name: 'file → nginx → queue that spills → blackhole',
    input: 'nginx',
    goal: 0.7,
    parser: 'nginx',
    exporter: 'blackhole',
    hasState: true,
    queue: { policy: 'spill' },
  },
  ...parsers.map(
    ([input, parser, parserConfig = {}]): Case => ({
      name: `parsers: ${parser} (${input})`,
      input,
      parser,
      parserConfig,
      exporter: 'blackhole',
    }),
  ),
  { name: 'file → auto (nginx) → blackhole', input: 'nginx', goal: 0.8, parser: 'auto', exporter: 'blackhole' },
]

/** The config of a case; `stateDir` is used by cases that keep something. */
export function configOf(
  { parser, parserConfig, detectors, exporter, queue, hasState = false }: Case,
  input: string,
  { output, stateDir, workers }: { output: string; stateDir: string; workers: number },
): object {
  const sending = queue === undefined ? {} : { sending_queue: queue }
  return {
    plugins: {
      paths: ['simple-nginx.ts', 'simple-nginx-regex.ts', 'late-sink.ts'].map(
        (file) => new URL(file, import.meta.url).pathname,
      ),
    },
    parsers: parserConfig === undefined ? {} : { [parser]: parserConfig },
    receivers: { file: { include: [input], parser } },
    processors: detectors === undefined ? {} : { anomaly: { detectors } },
    exporters: { [exporter]: exporter === 'file' ? { path: output, ...sending } : sending },
    service: {
      state_dir: hasState ? stateDir : 'memory',
      workers,
      pipelines: {
        logs: { receivers: ['file'], processors: detectors === undefined ? [] : ['anomaly'], exporters: [exporter] },
        ...(detectors === undefined ? {} : { alerts: { receivers: ['anomaly'], exporters: [exporter] } }),
      },
    },
  }
}
