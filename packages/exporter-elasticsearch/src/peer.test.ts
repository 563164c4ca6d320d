import { env } from 'node:process'
import type { LogBatch } from '@weir/sdk'
import { alertsOf, batchOf, createComponent } from '@weir/sdk/testing'
import { afterAll, describe, expect, it } from 'vitest'
import elasticsearch from './index.ts'

/** Neither server can be had from Debian or npm, so this runs where someone names one. */
const endpoint = env.WEIR_ELASTICSEARCH

interface Found {
  readonly hits: {
    readonly total: { readonly value: number }
    readonly hits: { _id: string; _source: { [field: string]: unknown } }[]
  }
}

describe.skipIf(endpoint === undefined)('a real cluster (needs: WEIR_ELASTICSEARCH=http://localhost:9200)', () => {
  const index = `weir-test-${process.pid}-${Date.now()}`
  const call = async (method: string, path: string, body?: object): Promise<Found> => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${endpoint}/${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return (await response.json()) as Found
  }
  const hits = async (name: string): Promise<Found['hits']['hits']> => {
    await call('POST', `${name}/_refresh`)
    return (await call('POST', `${name}/_search`, { size: 1000, sort: ['@timestamp'] })).hits.hits
  }
  const send = async (batch: LogBatch, config: object = {}) => {
    const exporter = createComponent(elasticsearch, { endpoint, logs_index: index, ...config })
    try {
      await exporter.export(batch, { abortSignal: new AbortController().signal })
    } finally {
      await exporter.stop?.()
    }
  }
  afterAll(() => call('DELETE', `${index}*`))

  it('takes records, finds them by their fields, and takes none twice', async () => {
    const batch = batchOf([
      { time: 1000, severityNumber: 17, body: 'payment "failed" 東', attributes: { 'url.path': '/pay', n: 1 } },
      { time: 2000, body: 'fine', attributes: { '': 'no name', '.a..b.': 1 } },
      { time: 3000, body: { user: { id: 7 } } },
    ])
    await send(batch, { compression: 'gzip' }).catch((error) => expect(error.records).toBe(1))
    expect(await hits(index)).toMatchObject([
      { _source: { 'body.text': 'payment "failed" 東' } },
      { _source: { 'body.structured': { user: { id: 7 } } } },
    ])
    const query = { query: { match: { 'body.text': 'failed' } } }
    expect((await call('POST', `${index}/_search`, query)).hits.total.value).toBe(1)
    const byPath = { query: { term: { 'attributes.url.path.keyword': '/pay' } } }
    expect((await call('POST', `${index}/_search`, byPath)).hits.total.value).toBe(1)
    for (let run = 0; run < 2; run++) await send(alertsOf({ id: 'a' }, { id: 'b' }), { logs_index: `${index}-alerts` })
    expect((await hits(`${index}-alerts`)).map(({ _id }) => _id)).toEqual(['a', 'b'])
  })

  it('tells which record does not fit the mapping, and takes the others', async () => {
    const name = `${index}-strict`
    await send(batchOf([{ time: 1, attributes: { size: 1 } }]), { logs_index: name })
    const batch = batchOf([
      { time: 2, attributes: { size: 2 } },
      { time: 3, attributes: { size: 'large' } },
      { time: 4, attributes: { size: 4 } },
    ])
    await expect(send(batch, { logs_index: name })).rejects.toMatchObject({
      records: 1,
      message: expect.stringMatching(/1 of 3 records were refused; the first: 400 \w*pars\w*/),
    })
    expect(await hits(name)).toHaveLength(3)
  })

  it('takes them into a data stream', async () => {
    const name = `${index}-stream`
    await call('PUT', `_index_template/${index}`, { index_patterns: [`${name}*`], data_stream: {}, priority: 500 })
    await send(batchOf([{ body: 'no time' }, { time: 5, body: 'a time' }]), { logs_index: name })
    expect(await hits(name)).toHaveLength(2)
    await call('DELETE', `_data_stream/${name}`)
    await call('DELETE', `_index_template/${index}`)
  })
})
