import { defineParser, dissect, severityOfStatus } from '@weir/sdk'

const combined = dissect(
  '%{client.address} %{} %{user.name} [%{time}] "%{http.request.method} %{url.path} %{network.protocol.version}" ' +
    '%{http.response.status_code} %{http.response.body.size} "%{http.request.header.referer}" "%{user_agent.original}"',
)

/** What the plugin author's guide says to write: the pattern of the line, and what it means. */
export default defineParser({
  type: 'simple_nginx',
  description: 'nginx combined by a dissect pattern, for the benchmark of the simple level',
  parallel: true,
  create: () => ({
    parse(_line, record) {
      if (!combined.read(record)) return false
      record.severityNumber = severityOfStatus(Number(record.attributes.get('http.response.status_code')))
      return true
    },
  }),
})
