import { RetryableError } from '@weir/sdk'

/** What became of the documents of a request, by their index in it. */
export interface BulkOutcome {
  /** To be sent again. */
  readonly retry: readonly number[]
  /** Never to be taken. */
  readonly refused: readonly number[]
  /** Why the first was refused, and why the first is to be sent again. */
  readonly refusal: string | undefined
  readonly delay: string | undefined
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A write that is blocked while the disk is too full, in versions where that is no 429. */
const blocked = 'cluster_block_exception'

/**
 * Reads the answer of the bulk API.
 * @throws RetryableError if it is none, for so many documents
 */
export function bulkOutcome(text: string, count: number): BulkOutcome {
  const items = itemsOf(text)
  if (items?.length !== count) {
    throw new RetryableError(`the sink gave no answer of the bulk API: ${text.replace(/\s+/g, ' ').slice(0, 100)}`, {
      hint: 'look at endpoint: it must be Elasticsearch or OpenSearch itself',
    })
  }
  const retry: number[] = []
  const refused: number[] = []
  let refusal: string | undefined
  let delay: string | undefined
  for (const [index, item] of items.entries()) {
    const result = isObject(item) ? item.create : undefined
    const status = isObject(result) ? Number(result.status) : Number.NaN
    // 409: an attempt before this one, whose answer was lost, has brought it there.
    if ((status >= 200 && status < 300) || status === 409) continue
    const error = isObject(result) && isObject(result.error) ? result.error : {}
    const reason = `${status} ${error.type ?? ''}: ${error.reason ?? ''}`.slice(0, 300)
    if (status === 429 || status >= 500 || error.type === blocked) {
      retry.push(index)
      delay ??= reason
    } else {
      refused.push(index)
      refusal ??= reason
    }
  }
  return { retry, refused, refusal, delay }
}

function itemsOf(text: string): readonly unknown[] | undefined {
  try {
    const answer: unknown = JSON.parse(text)
    return isObject(answer) && Array.isArray(answer.items) ? answer.items : undefined
  } catch {
    return undefined
  }
}
