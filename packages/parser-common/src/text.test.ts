import { parserContract, parserHarness } from '@weir/sdk/testing'
import { describe, expect, it } from 'vitest'
import { isContinuation } from './continuation.ts'
import { columnarHarness } from './testing/columnar-harness.ts'
import { expectNoHarm } from './testing/hostile-text.ts'
import { text } from './text.ts'

const at = Date.UTC(2026, 10, 24, 13, 55, 36)
const examples: [product: string, line: string, expected: { [field: string]: unknown }][] = [
  [
    'log4j',
    '2026-11-24 13:55:36,123 INFO  [main] com.acme.Orders: started in 3 s',
    {
      time: at + 123,
      severityText: 'INFO',
      body: 'started in 3 s',
      attributes: { 'thread.name': 'main', logger: 'com.acme.Orders' },
    },
  ],
  [
    'logback',
    '2026-11-24 13:55:36.123 [http-nio-8080-exec-1] WARN  c.a.Orders - slow query',
    {
      severityText: 'WARN',
      body: 'slow query',
      attributes: { 'thread.name': 'http-nio-8080-exec-1', logger: 'c.a.Orders' },
    },
  ],
  [
    'Hadoop, with the name of a file in that of the thread',
    `2015-10-18 18:05:57,024 WARN [DataStreamer for file /tmp/${'staging/'.repeat(20)}job.jhist block BP-1:blk_1] org.apache.hadoop.hdfs.DFSClient: Error Recovery`,
    {
      severityText: 'WARN',
      body: 'Error Recovery',
      attributes: {
        'thread.name': `DataStreamer for file /tmp/${'staging/'.repeat(20)}job.jhist block BP-1:blk_1`,
        logger: 'org.apache.hadoop.hdfs.DFSClient',
      },
    },
  ],
  [
    'Spring Boot',
    '2026-11-24T13:55:36.123Z  INFO 4711 --- [shop] [main] c.acme.Orders                : Started Orders',
    {
      severityText: 'INFO',
      body: 'Started Orders',
      attributes: { 'process.pid': 4711, 'thread.name': 'main', logger: 'c.acme.Orders' },
    },
  ],
  [
    'Spring Boot without a name',
    '2026-11-24 13:55:36.123  INFO 4711 --- [           main] c.acme.Orders : [a] Started',
    { body: '[a] Started', attributes: { 'process.pid': 4711, 'thread.name': 'main', logger: 'c.acme.Orders' } },
  ],
  [
    'Python',
    '2026-11-24 13:55:36,123 - shop.orders - ERROR - payment failed',
    { severityText: 'ERROR', body: 'payment failed', attributes: { logger: 'shop.orders' } },
  ],
  [
    'Python without a time',
    'WARNING:root:low disk: 3 %',
    { severityNumber: 13, severityText: 'WARNING', body: 'low disk: 3 %', attributes: { logger: 'root' } },
  ],
  [
    'a level and a link',
    'ERROR:http://a.test/ is gone',
    { severityNumber: 17, body: 'http://a.test/ is gone', attributes: {} },
  ],
  [
    'klog, which leaves the year out',
    'E1124 13:55:36.123456   1234 reflector.go:12] "Failed" err="no"',
    {
      time: Date.UTC(2025, 10, 24, 13, 55, 36, 123),
      timeRemainder: 456_000,
      severityNumber: 17,
      severityText: 'E',
      body: '"Failed" err="no"',
      attributes: { 'process.pid': 1234, logger: 'reflector.go:12' },
    },
  ],
  [
    'glog',
    'W20261124 13:55:36.123456 1234 server.cc:12] slow: 3 s',
    { time: at + 123, severityNumber: 13, body: 'slow: 3 s', attributes: { logger: 'server.cc:12' } },
  ],
  ['a level in colours', '\x1b[31mERROR\x1b[0m red', { severityNumber: 17, severityText: 'ERROR', body: 'red' }],
  ['a level in a bracket in colours', '[\x1b[1;32m INFO\x1b[0m] green', { severityText: 'INFO', body: 'green' }],
  ['winston in colours', '\x1b[32minfo\x1b[39m: up', { severityText: 'info', body: 'up' }],
  [
    'zap in colours',
    '2026-11-24T13:55:36.123Z\t\x1b[34mINFO\x1b[0m\tup',
    { time: at + 123, severityText: 'INFO', body: 'up' },
  ],
  [
    'tracing in colours',
    '\x1b[2m2026-11-24T13:55:36.123456Z\x1b[0m \x1b[33m WARN\x1b[0m \x1b[2mshop\x1b[0m\x1b[2m:\x1b[0m retry',
    { time: at + 123, severityText: 'WARN', body: '\x1b[2mshop\x1b[0m\x1b[2m:\x1b[0m retry' },
  ],
  [
    'colours of a message',
    '\x1b[31mfailed\x1b[0m at 3',
    { severityNumber: 0, body: '\x1b[31mfailed\x1b[0m at 3', attributes: {} },
  ],
  [
    'Laravel',
    '[2026-11-24 13:55:36] production.ERROR: no card {"id":7}',
    { time: at, severityText: 'ERROR', body: 'no card {"id":7}', attributes: { logger: 'production' } },
  ],
  [
    'Ruby',
    'E, [2026-11-24T13:55:36.123456 #1234] ERROR -- prog: no card: 7',
    {
      time: at + 123,
      timeRemainder: 456_000,
      severityText: 'ERROR',
      body: 'no card: 7',
      attributes: { 'process.pid': 1234, logger: 'prog' },
    },
  ],
  [
    'Ruby without a name',
    'I, [2026-11-24T13:55:36.123456 #1234]  INFO -- : note: up',
    { time: at + 123, severityText: 'INFO', body: 'note: up', attributes: { 'process.pid': 1234 } },
  ],
  [
    'logback with a time of day',
    '13:55:36.123 [main] ERROR c.a.Foo - no',
    { severityText: 'ERROR', body: 'no', attributes: { 'thread.name': 'main', logger: 'c.a.Foo' } },
  ],
  [
    'Redis',
    '1:M 24 Nov 2026 13:55:36.123 # Failed opening the RDB file',
    { time: at + 123, severityNumber: 13, body: 'Failed opening the RDB file', attributes: { 'process.pid': 1 } },
  ],
  [
    'Serilog with a time of day',
    '[13:55:36 ERR] no card',
    { severityNumber: 17, severityText: 'ERR', body: 'no card', attributes: {} },
  ],
  [
    'a time of day in a bracket',
    '[13:55:36] no card',
    { severityNumber: 0, body: '[13:55:36] no card', attributes: {} },
  ],
  ['a time of day alone', '13:55:36 it is time', { severityNumber: 0, body: '13:55:36 it is time' }],
  ['a day in words', '24 Nov 2026 13:55:36.123 ERROR x', { time: at + 123, severityText: 'ERROR', body: 'x' }],
  [
    'Tomcat',
    '24-Nov-2026 13:55:36.123 SEVERE [main] org.apache.catalina.startup.Catalina.start no',
    { time: at + 123, severityText: 'SEVERE', attributes: { 'thread.name': 'main' } },
  ],
  ['a day of America', '11/24/2026 1:55:36 PM ERROR x', { time: at, severityText: 'ERROR', body: 'x' }],
  ['the basic form of ISO 8601', '20261124T135536Z ERROR x', { time: at, severityText: 'ERROR', body: 'x' }],
  [
    'ClickHouse',
    '2026.11.24 13:55:36.123456 [ 12 ] {} <Error> Application: no',
    {
      time: at + 123,
      severityNumber: 17,
      severityText: 'Error',
      body: 'no',
      attributes: { 'process.pid': 12, logger: 'Application' },
    },
  ],
  [
    'ClickHouse with a query, whose id stays',
    '2026.11.24 13:55:36.123456 [ 12 ] {a-1} <Information> executeQuery: no',
    { severityNumber: 9, body: '{a-1} <Information> executeQuery: no', attributes: { logger: 'executeQuery' } },
  ],
  [
    'Celery',
    '[2026-11-24 13:55:36,123: ERROR/MainProcess] no: card',
    { time: at + 123, severityText: 'ERROR', body: 'no: card', attributes: { 'thread.name': 'MainProcess' } },
  ],
  [
    'PHP',
    '[24-Nov-2026 13:55:36 UTC] PHP Warning:  Undefined variable $x in /srv/a.php on line 3',
    {
      time: at,
      severityNumber: 13,
      severityText: 'Warning',
      body: 'Undefined variable $x in /srv/a.php on line 3',
      attributes: {},
    },
  ],
  [
    'PHP in a zone, which the config tells',
    '[24-Nov-2026 13:55:36 Europe/Berlin] PHP Fatal error:  Uncaught Exception: no',
    { time: at, severityNumber: 21, severityText: 'Fatal error', body: 'Uncaught Exception: no', attributes: {} },
  ],
  ['PHP without a time', 'PHP Parse error:  no', { severityNumber: 17, severityText: 'Parse error', body: 'no' }],
  [
    'PHP that warns of the future',
    'PHP Deprecated:  old',
    { severityNumber: 13, severityText: 'Deprecated', body: 'old' },
  ],
  ['words about PHP', 'PHP is: a language', { severityNumber: 0, body: 'PHP is: a language' }],
  ['Go', '2026/11/24 13:55:36 listening on :8080', { time: at, body: 'listening on :8080' }],
  [
    'Rust',
    '2026-11-24T13:55:36.123456Z  WARN shop::orders: retrying id=7',
    {
      time: at + 123,
      timeRemainder: 456_000,
      severityText: 'WARN',
      body: 'retrying id=7',
      attributes: { logger: 'shop::orders' },
    },
  ],
  [
    'env_logger',
    '[2026-11-24T13:55:36Z ERROR shop] lost',
    { time: at, severityText: 'ERROR', body: 'lost', attributes: { logger: 'shop' } },
  ],
  [
    'PostgreSQL',
    '2026-11-24 13:55:36.123 UTC [4711] FATAL:  password authentication failed for user "app"',
    {
      severityNumber: 21,
      severityText: 'FATAL',
      body: 'password authentication failed for user "app"',
      attributes: { 'process.pid': 4711 },
    },
  ],
  [
    'MySQL',
    '2026-11-24T13:55:36.123456Z 0 [Warning] [MY-010068] [Server] CA certificate is self signed.',
    {
      severityText: 'Warning',
      body: 'CA certificate is self signed.',
      attributes: { 'process.pid': 0, 'thread.name': 'Server' },
    },
  ],
  [
    'Kafka',
    '[2026-11-24 13:55:36,123] INFO Loading logs (kafka.log.LogManager)',
    { time: at + 123, severityText: 'INFO', body: 'Loading logs (kafka.log.LogManager)' },
  ],
  [
    'Elasticsearch',
    '[2026-11-24T13:55:36,123][ERROR][o.e.n.Node               ] [node-1] no space left',
    { severityText: 'ERROR', body: '[node-1] no space left', attributes: { 'thread.name': 'o.e.n.Node' } },
  ],
  ['winston', '2026-11-24T13:55:36.123Z error: connection lost', { severityText: 'error', body: 'connection lost' }],
  ['a time and a word', '2026-11-24 13:55:36 failed to open it', { severityNumber: 0, body: 'failed to open it' }],
  ['a level alone', '[ERROR] out of memory', { severityText: 'ERROR', body: 'out of memory' }],
  [
    'uvicorn',
    'INFO:     Application startup complete.',
    { severityText: 'INFO', body: 'Application startup complete.' },
  ],
  ['plain text', 'Hello, world', { body: 'Hello, world' }],
  ['a time alone', '2026-11-24 13:55:36', { time: at, body: '2026-11-24 13:55:36' }],
]
const lines = examples.map(([, line]) => line)

for (const { name, run } of parserContract(text, { lines })) it(`text ${name}`, run)

describe('text', () => {
  const { feed } = columnarHarness(text)

  it.each(examples)('reads a line of %s', (_, line, expected) => {
    const { records, failures } = feed(line)
    expect(failures).toBe(0)
    const { severityNumber, ...rest } = expected
    expect(records[0]).toMatchObject(rest)
    expect(records[0]?.severityNumber ?? 0).toBe(severityNumber ?? records[0]?.severityNumber ?? 0)
  })

  it('knows no time where there is a time of day alone', () => {
    expect(feed('13:55:36.123 [main] ERROR c.a.Foo - no').records[0]?.time).toBeUndefined()
  })

  it('refuses what goes on with the record before it, and only that', () => {
    const { parser } = parserHarness(text)
    for (const line of ['    at a.B.c(B.java:7)', 'Caused by: java.io.IOException: x', 'ValueError: bad']) {
      expect(feed(line).failures).toBe(1)
      expect(parser.continues?.(line)).toBe(true)
    }
    expect(parser.continues?.('Hello, world')).toBe(false)
  })

  it('does no harm, whatever it is given', () => expectNoHarm(text, lines))
})

describe('isContinuation', () => {
  const traces = {
    Java: `java.lang.IllegalStateException: no order
	at com.acme.Orders.load(Orders.java:17) ~[app.jar:1.0]
	at java.base/java.lang.Thread.run(Thread.java:1583)
Caused by: java.sql.SQLException: closed
	... 12 more
	Suppressed: java.io.IOException
Caused by: x.Y: z`,
    Python: `Traceback (most recent call last):
  File "/srv/app.py", line 7, in pay
    charge(card)
ValueError: bad card

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
requests.exceptions.ConnectionError: refused
KeyboardInterrupt`,
    Node: `TypeError: Cannot read properties of undefined (reading 'id')
    at load (/srv/app.js:7:9)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5) {
  code: 'E_X'
}
Error [ERR_X]: no`,
    Go: `goroutine 1 [running]:
main.load(0x0, {0x1, 0x2})
	/srv/main.go:7 +0x1d
github.com/acme/shop/pkg.(*Store).Get(0xc000012345)
created by main.main in goroutine 1
exit status 2`,
    '.NET': `System.InvalidOperationException: no order
 ---> System.IO.IOException: closed
   at Acme.Orders.Load() in /srv/Orders.cs:line 17
   --- End of inner exception stack trace ---
--- End of stack trace from previous location ---`,
    PHP: `#0 /srv/index.php(7): load()
#1 {main}`,
  }

  it.each(Object.entries(traces))('knows the lines of a trace of %s', (_, trace) => {
    const strange = trace.split('\n').filter((line) => line !== '' && !isContinuation(line))
    expect(strange).toEqual([])
  })

  it.each([
    'Hello, world',
    'Error while loading',
    'GET /orders 200',
    'Caused by a fault',
    '2026-11-24 13:55:36 ValueError: bad',
    'panic: runtime error: index out of range',
    'Exception in thread "main" java.lang.IllegalStateException',
    'listening(8080)',
  ])('takes %j for a line of its own', (line) => expect(isContinuation(line)).toBe(false))
})
