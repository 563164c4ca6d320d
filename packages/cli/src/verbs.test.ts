import { createRequire } from 'node:module'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Folder } from './command.fixture.ts'

const yaml = `# Access logs to a file and a webhook.
receivers:
  file/nginx: { include: [access.log], parser: nginx }
processors:
  anomaly: { detectors: [rate] }
exporters:
  console:
  file: { path: out.ndjson }
  webhook/oncall: { url: "https://user:secret@sink.example/hook?token=hunter2", preset: slack }
service:
  pipelines:
    logs: { receivers: [file/nginx], processors: [anomaly], exporters: [file] }
    alerts: { receivers: [anomaly], exporters: [console, webhook/oncall] }
`

interface Problem {
  readonly code: string
  readonly path: readonly (string | number)[]
  readonly position: { readonly line: number; readonly column: number }
}

function folderWith(config: string): Folder {
  const folder = new Folder()
  folder.write('weir.yaml', config)
  return folder
}

describe('weir validate', () => {
  it('says that a config is valid, and which pipelines it has', async () => {
    using folder = folderWith(yaml)
    expect(await folder.weir('validate')).toEqual({
      code: 0,
      stdout: 'weir.yaml: valid (pipelines: logs, alerts)\n',
      stderr: '',
    })
  })

  it('gives every problem with its place, for people and as JSON', async () => {
    using folder = folderWith(yaml.replace('parser: nginx', 'parser: ngnix').replace('preset: slack', 'preset: slak'))
    const { code, stderr } = await folder.weir('validate')
    expect(code).toBe(2)
    expect(stderr).toContain('did you mean "nginx"?')
    expect(stderr).toContain('did you mean "slack"?')
    const json = await folder.weir('validate', '--json')
    expect(json.code).toBe(2)
    expect(JSON.parse(json.stdout)).toMatchObject({
      valid: false,
      diagnostics: [
        { code: 'WEIR_GRAPH_UNDEFINED', position: { file: 'weir.yaml', line: 3 } },
        { code: 'WEIR_CONFIG_VALUE', position: { file: 'weir.yaml', line: 9 } },
      ],
    })
  })

  it('finds at once, with their places, what no component could be made of', async () => {
    using folder = folderWith(`receivers:
  file: { include: [a.log], parser: grok, encoding: klingon }
  syslog/relay:
    location: Europe/Berln
    udp: {}
  socket: { tcp: { listen_address: nowhere } }
  otlp: { protocols: { http: { endpoint: "4318:http" } } }
parsers:
  grok:
    pattern: "%{INT:code} %{REST}"
    pattern_definitions: { REST: "%{GREEDY:rest}" }
processors:
  anomaly: { detectors: [threshold, series/slow] }
detectors:
  series/slow: { counter: true }
exporters:
  webhook: { url: https://sink.example, body: { text: ["{{body"] } }
  webhook/oncall: { url: https://sink.example, headers: { X-Ok: "yes", "a b": c } }
  loki: { endpoint: http://loki:3100, labels: { app: "{resource.service.name" } }
  file: { path: out.txt, format: template, template: "{}" }
  email: { host: mail, from: a@b.example, to: [a@b.example, "a@b.example, c@d.example"] }
  redis: { stream: logs, compression: gzip, channel: logs }
service:
  pipelines:
    logs:
      receivers: [file, syslog/relay, socket, otlp]
      processors: [anomaly]
      exporters: [webhook, webhook/oncall, loki, file, redis]
    alerts: { receivers: [anomaly], exporters: [email] }
`)
    const { code, stdout } = await folder.weir('validate', '--json')
    expect(code).toBe(2)
    const { diagnostics } = JSON.parse(stdout)
    const found = diagnostics.map(({ code: what, path, position }: Problem) => [
      `${position.line}:${position.column}`,
      what,
      path.join('.'),
    ])
    expect(found).toEqual([
      ['2:53', 'WEIR_FILE_ENCODING', 'receivers.file.encoding'],
      ['4:15', 'WEIR_TIME_ZONE', 'receivers.syslog/relay.location'],
      ['6:36', 'WEIR_SOCKET_ADDRESS', 'receivers.socket.tcp.listen_address'],
      ['7:42', 'WEIR_HTTP_ENDPOINT', 'receivers.otlp.protocols.http.endpoint'],
      ['11:34', 'WEIR_PATTERN_INVALID', 'parsers.grok.pattern_definitions.REST'],
      ['13:26', 'WEIR_GRAPH_UNDEFINED', 'processors.anomaly.detectors.0'],
      ['15:27', 'WEIR_DETECTOR_CONFIG', 'detectors.series/slow.counter'],
      ['17:56', 'WEIR_TEMPLATE_INVALID', 'exporters.webhook.body.text.0'],
      ['18:79', 'WEIR_HTTP_HEADER', 'exporters.webhook/oncall.headers.a b'],
      ['19:54', 'WEIR_TEMPLATE_INVALID', 'exporters.loki.labels.app'],
      ['20:54', 'WEIR_TEMPLATE_INVALID', 'exporters.file.template'],
      ['21:61', 'WEIR_EMAIL_ADDRESS', 'exporters.email.to.1'],
      ['22:54', 'WEIR_REDIS_PLACE', 'exporters.redis.channel'],
    ])
  })

  it('says so when there is no config', async () => {
    using folder = new Folder()
    const { code, stderr } = await folder.weir('validate')
    expect(code).toBe(2)
    expect(stderr).toContain('no config was found here or above')
  })
})

describe('weir config', () => {
  it('prints what files, profile and variables make, with defaults and without secrets', async () => {
    using folder = folderWith(yaml)
    folder.write('more.yaml', 'profiles: { prod: { exporters: { file: { path: "${env:ARCHIVE}" } } } }\n')
    const command = folder.start(['config', 'weir.yaml', 'more.yaml', '--profile', 'prod'], { ARCHIVE: '/data/all' })
    const { code, stdout } = await command.finished
    expect(code).toBe(0)
    expect(stdout).not.toMatch(/secret|hunter2/)
    const config = parse(stdout)
    expect(config.exporters.file).toMatchObject({ path: '/data/all', sending_queue: { max_bytes: '8MiB' } })
    const json = await folder.weir('config', '--json')
    expect(JSON.parse(json.stdout).receivers['file/nginx']).toMatchObject({ parser: 'nginx', start_at: 'beginning' })
  })
})

describe('weir schema', () => {
  it('prints a JSON Schema that takes a good config and refuses a bad one', async () => {
    using folder = new Folder()
    const { code, stdout } = await folder.weir('schema')
    expect(code).toBe(0)
    const validate = new Ajv({ strict: false }).compile(JSON.parse(stdout))
    expect(validate(parse(yaml)), JSON.stringify(validate.errors)).toBe(true)
    expect(validate(parse(yaml.replace('include:', 'inclde:')))).toBe(false)
  })
})

describe('weir components', () => {
  it('shows what is installed, with its package', async () => {
    using folder = new Folder()
    const { code, stdout } = await folder.weir('components')
    expect(code).toBe(0)
    for (const row of [
      /^receiver +file +\w+ +@weir\/receiver-file@/m,
      /^parser +nginx +\w+ +@weir\/parser-common@/m,
      /^detector +rate +\w+ +@weir\/processor-anomaly@/m,
      /^exporter +webhook +\w+ +@weir\/exporter-webhook@/m,
    ])
      expect(stdout).toMatch(row)
  })

  it('shows every key of a type, those of its kind among them', async () => {
    using folder = new Folder()
    const { stdout } = await folder.weir('components', 'file')
    expect(stdout).toMatch(/^include +list of glob +\(required\)/m)
    expect(stdout).toMatch(/^retry_on_failure\.max_interval +duration +"30s"/m)
  })

  it('says so when there is no such type', async () => {
    using folder = new Folder()
    expect(await folder.weir('components', 'frob')).toMatchObject({
      code: 2,
      stderr: 'weir: there is no component type "frob"\n  weir components shows what is installed\n',
    })
  })

  it('give docs/reference.md', async () => {
    using folder = new Folder()
    const { stdout } = await folder.weir('components', '--markdown')
    await expect(stdout).toMatchFileSnapshot('../../../docs/reference.md')
  })
})

describe('weir graph', () => {
  it('draws the pipelines as text, as Mermaid and as JSON', async () => {
    using folder = folderWith(yaml)
    expect((await folder.weir('graph')).stdout).toBe(
      [
        'logs',
        '  file/nginx ──▶ anomaly ──▶ file',
        '',
        'alerts',
        '  anomaly ──▶ console',
        '          ├─▶ webhook/oncall',
        '',
      ].join('\n'),
    )
    expect((await folder.weir('graph', '--mermaid')).stdout).toContain(
      'p_anomaly["anomaly"] --> e_console["console"] & e_webhook_oncall["webhook/oncall"]',
    )
    expect(JSON.parse((await folder.weir('graph', '--json')).stdout)[1]).toEqual({
      name: 'alerts',
      signal: 'alerts',
      receivers: ['anomaly'],
      processors: [],
      exporters: ['console', 'webhook/oncall'],
    })
  })
})

describe('the command line', () => {
  const { version } = createRequire(import.meta.url)('../package.json')

  it.each([
    ['run'],
    ['validate'],
    ['config'],
    ['schema'],
    ['components'],
    ['graph'],
    ['tap'],
    ['top'],
    ['reload'],
    ['state'],
  ])('weir %s --help shows an example and the exit statuses', async (verb) => {
    using folder = new Folder()
    const { code, stdout } = await folder.weir(verb, '--help')
    expect(code).toBe(0)
    expect(stdout).toContain(`Example:\n  weir ${verb}`)
    expect(stdout).toContain('Exit status: 0 done')
  })

  it('tells its version, and exits with 2 for words that it does not know', async () => {
    using folder = new Folder()
    expect(await folder.weir('--version')).toMatchObject({ code: 0, stdout: `${version}\n` })
    expect(await folder.weir('rnu')).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean run?') })
    expect(await folder.weir('run', '--onec')).toMatchObject({ code: 2 })
  })

  it('says of weir run what 3 means', async () => {
    using folder = new Folder()
    expect((await folder.weir('run', '--help')).stdout).toMatch(/^With --once also 3: .*could not be read\.$/m)
  })
})
