import type { HttpAnswer, HttpRequest } from '@weir/http-server'

/** Shippers talk to nobody who does not say this. */
export const productHeaders = { 'x-elastic-product': 'Elasticsearch', 'content-type': 'application/json' }

const json = (status: number, body: object): HttpAnswer => ({
  status,
  headers: productHeaders,
  body: JSON.stringify(body),
})

const uuid = 'd2VpcndlaXJ3ZWlyd2Vpcg'

/** What shippers want to be set up before they write. Weir has no use for it, and says that it is done. */
const settings =
  /^\/(_template|_index_template|_component_template|_data_stream|_ilm\/policy|_ingest\/pipeline|_alias|_slm\/policy)(\/|$)/

/** Answers what shippers ask an Elasticsearch before they write to it; `undefined` if it is nothing of that. */
export function probeAnswer({ method, path }: HttpRequest, version: string): HttpAnswer | undefined {
  const isRead = method === 'GET' || method === 'HEAD'
  if (isRead && path === '/') {
    return json(200, {
      name: 'weir',
      cluster_name: 'weir',
      cluster_uuid: uuid,
      version: {
        number: version,
        build_flavor: 'default',
        build_type: 'tar',
        build_hash: 'weir',
        build_date: '2024-01-01T00:00:00.000Z',
        build_snapshot: false,
        lucene_version: '9.12.0',
        minimum_wire_compatibility_version: '7.17.0',
        minimum_index_compatibility_version: '7.0.0',
      },
      tagline: 'You Know, for Search',
    })
  }
  if (isRead && /^\/(_license|_xpack)\/?$/.test(path)) {
    const license = { uid: uuid, type: 'basic', mode: 'basic', status: 'active' }
    return json(200, { license, build: { hash: 'weir' }, features: {} })
  }
  if (isRead && /^\/_cluster\/health(\/|$)/.test(path)) {
    const nodes = { number_of_nodes: 1, number_of_data_nodes: 1 }
    return json(200, { cluster_name: 'weir', status: 'green', timed_out: false, ...nodes })
  }
  if (isRead && /^\/_cat\/health\/?$/.test(path)) return { status: 200, headers: productHeaders, body: '[]' }
  if (isRead && /^\/_nodes(\/|$)/.test(path)) {
    return json(200, { _nodes: { total: 0, successful: 0, failed: 0 }, cluster_name: 'weir', nodes: {} })
  }
  if (!settings.test(path)) return undefined
  if (isRead) return json(404, { error: { type: 'resource_not_found_exception', reason: `no ${path}` }, status: 404 })
  return method === 'PUT' || method === 'POST' ? json(200, { acknowledged: true }) : undefined
}
