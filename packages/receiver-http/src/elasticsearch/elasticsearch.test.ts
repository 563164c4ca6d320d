import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { receiving } from '../receiving.fixture.ts'

const ndjson = { type: 'application/x-ndjson' }

describe('a bulk request', () => {
  it('brings documents, a source for each index', async () => {
    const { post, output } = await receiving()
    const body = [
      '{"create":{"_index":"logs-app"}}',
      '{"message":"one"}',
      '{"index":{"_index":"other","_id":"7"}}',
      '{"message":"two"}',
      '{"create":{}}',
      '{"message":"three"}',
    ]
    const got = await post('/default/_bulk?refresh=true', `${body.join('\r\n')}\n`, ndjson)
    expect(got).toMatchObject({ status: 200, headers: { 'x-elastic-product': 'Elasticsearch' } })
    expect(JSON.parse(got.body)).toEqual({
      took: expect.any(Number),
      errors: false,
      items: [
        { create: { _index: 'logs-app', result: 'created', status: 201 } },
        { index: { _index: 'other', _id: '7', result: 'created', status: 201 } },
        { create: { _index: 'default', result: 'created', status: 201 } },
      ],
    })
    expect(output.lines).toEqual([
      { text: '{"message":"one"}', source: 'http/elasticsearch/logs-app' },
      { text: '{"message":"two"}', source: 'http/elasticsearch/other' },
      { text: '{"message":"three"}', source: 'http/elasticsearch/default' },
    ])
  })

  it('is answered item by item: bad documents, and what is no addition, are refused alone', async () => {
    const { post, lines } = await receiving()
    const action = '{"create":{"_index":"logs"}}'
    const body = [
      ...[action, '{"n":1}'],
      ...[action, 'gibberish'],
      ...[action, '{"n":2}'],
      '{"delete":{"_index":"logs","_id":"1"}}',
      ...['{"update":{"_index":"logs","_id":"1"}}', '{"doc":{}}'],
      ...[action, '[]'],
      ...[action, '{"n":3}'],
    ]
    const { errors, items } = JSON.parse((await post('/_bulk', body.join('\n'), ndjson)).body)
    expect(errors).toBe(true)
    const outcomes = items.flatMap((item: object) =>
      Object.entries(item).map(([name, { status, error }]) => [name, status, error?.reason]),
    )
    expect(outcomes).toEqual([
      ['create', 201, undefined],
      ['create', 400, expect.stringContaining('line 4: ')],
      ['create', 201, undefined],
      ['delete', 400, 'line 7: logs are only added, not deleted'],
      ['update', 400, 'line 9: logs are only added, not updated'],
      ['create', 400, 'line 11: it is no JSON object'],
      ['create', 201, undefined],
    ])
    expect(lines()).toEqual(['{"n":1}', '{"n":2}', '{"n":3}'])
  })

  it.each([
    ['a line that is no action', '{"create":{}}\n{"a":1}\ngibberish\n{"b":2}\n', 'line 3 has no action'],
    ['an action that is not known', '{"upsert":{}}\n{"a":1}\n', 'there is no "upsert"'],
    ['an action without a document', '{"create":{}}\n', 'line 1 has an action, and no document follows'],
    ['nothing', '\n', 'there is no action in it'],
  ])('is refused whole for %s, as Elasticsearch does', async (_, body, reason) => {
    const { post, output } = await receiving()
    const got = await post('/_bulk', body, ndjson)
    expect(got.status).toBe(400)
    expect(JSON.parse(got.body)).toMatchObject({ status: 400, error: { reason: expect.stringContaining(reason) } })
    expect(output.calls).toBe(0)
  })

  it('for which there is no room is told so in the words of Elasticsearch', async () => {
    const { post, output, until } = await receiving({ max_pending_size: '50' })
    output.block()
    const waiting = post('/_bulk', '{"create":{}}\n{"message":"something"}\n', ndjson)
    await until(() => output.waiting === 1)
    const got = await post('/_bulk', '{"create":{}}\n{"message":"something"}\n', ndjson)
    expect(got).toMatchObject({ status: 429, headers: { 'retry-after': '1' } })
    expect(JSON.parse(got.body)).toMatchObject({ error: { type: 'es_rejected_execution_exception' }, status: 429 })
    output.open()
    expect(await waiting).toMatchObject({ status: 200 })
  })
})

describe('Elasticsearch', () => {
  it('takes single documents', async () => {
    const { post, output } = await receiving()
    expect(await post('/logs/_doc', '{\n "message": "one"\n}', { type: 'application/json' })).toMatchObject({
      status: 201,
    })
    const put = await post('/my%20logs/_create/7', '{"message":"two"}', { method: 'PUT', type: 'application/json' })
    expect(JSON.parse(put.body)).toMatchObject({ _index: 'my logs', _id: '7', result: 'created' })
    expect(await post('/logs/_doc', '[1]')).toMatchObject({ status: 400 })
    expect(await post('/%zz/_doc', '{}')).toMatchObject({ status: 400 })
    expect(output.lines).toEqual([
      { text: '{  "message": "one" }', source: 'http/elasticsearch/logs' },
      { text: '{"message":"two"}', source: 'http/elasticsearch/my logs' },
    ])
  })

  it('answers what shippers ask before they write', async () => {
    const { post } = await receiving({ elasticsearch_version: '9.1.2' })
    const ask = async (method: string, path: string) => {
      const { status, body, headers } = await post(path, Buffer.alloc(0), { method })
      expect(headers['x-elastic-product']).toBe('Elasticsearch')
      return { status, body: body === '' ? undefined : JSON.parse(body) }
    }
    expect(await ask('GET', '/')).toMatchObject({
      body: { version: { number: '9.1.2' }, tagline: 'You Know, for Search' },
    })
    expect(await ask('HEAD', '/')).toEqual({ status: 200, body: undefined })
    expect(await ask('GET', '/_license?human=false')).toMatchObject({ body: { license: { status: 'active' } } })
    expect(await ask('GET', '/_cluster/health')).toMatchObject({ body: { status: 'green' } })
    expect(await ask('HEAD', '/_index_template/filebeat')).toMatchObject({ status: 404 })
    expect(await ask('PUT', '/_index_template/filebeat')).toEqual({ status: 200, body: { acknowledged: true } })
    expect(await ask('PUT', '/_ilm/policy/filebeat')).toEqual({ status: 200, body: { acknowledged: true } })
    expect(await ask('GET', '/_search')).toMatchObject({ status: 404, body: { error: { reason: expect.any(String) } } })
  })

  it('is silent where it is not configured', async () => {
    const { post } = await receiving({ protocols: ['lines'] })
    expect(await post('/_bulk', '{"create":{}}\n{}\n')).toMatchObject({ status: 404 })
    expect(await post('/', '', { method: 'GET' })).toMatchObject({ status: 404 })
    expect(await post('/loki/api/v1/push', '{}')).toMatchObject({ status: 404 })
  })
})
