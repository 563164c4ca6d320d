import type { BulkBody, BulkItem } from './bulk-body.ts'

/** The answer to a bulk request: how each action fared, in their order. */
export function bulkAnswer({ items, hasErrors }: BulkBody, tookMs: number): string {
  const parts: string[] = []
  let last: BulkItem | undefined
  let text = ''
  for (const item of items) {
    if (item !== last) text = JSON.stringify(itemAnswer(item))
    last = item
    parts.push(text)
  }
  return `{"took":${Math.round(tookMs)},"errors":${hasErrors},"items":[${parts.join(',')}]}`
}

const itemAnswer = ({ action: { name, index, id }, error }: BulkItem): object => ({
  [name]: {
    _index: index,
    ...(id === undefined ? {} : { _id: id }),
    ...(error === undefined ? { result: 'created', status: 201 } : { status: 400, error }),
  },
})
