import { defineExporter, PermanentError, RetryableError, Secret, Type, textOf } from '@weir/sdk'

export default defineExporter({
  type: 'my_plugin',
  description: 'Posts the bodies of records to a web service',
  config: Type.Object({
    url: Type.String({ description: 'Where to post', minLength: 1 }),
    token: Type.Optional(Secret({ description: 'Bearer token' })),
  }),
  create: ({ config: { url, token } }) => ({
    // One attempt. The queue, batching, time-out, retries and the circuit are the stage's.
    async export(batch, { abortSignal }) {
      const body = Array.from(batch, (record) => textOf(record.body)).join('\n')
      const headers = new Headers()
      if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
      let response: Response
      try {
        response = await fetch(url, { method: 'POST', body, headers, signal: abortSignal })
      } catch (cause) {
        throw new RetryableError(`${url} cannot be reached`, { cause })
      }
      await response.body?.cancel()
      if (response.ok) return
      const message = `${url} answered ${response.status}`
      throw response.status === 429 || response.status >= 500
        ? new RetryableError(message)
        : new PermanentError(message)
    },
  }),
})
