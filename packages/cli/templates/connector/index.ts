import { ConnectorOutput, defineConnector, Severity, Type } from '@weir/sdk'

export default defineConnector({
  type: 'my_plugin',
  description: 'Passes errors on to another pipeline',
  accepts: ['logs'],
  emits: 'logs',
  config: Type.Object({
    severity: Type.Integer({ description: 'Least severity number', default: Severity.ERROR, minimum: 1, maximum: 24 }),
  }),
  inject: { output: ConnectorOutput },
  create: ({ config, output }) => ({
    async export(batch) {
      const errors = batch.filter((record) => record.severityNumber >= config.severity)
      if (errors.length === 0) return
      const delivery = await output.send(errors)
      await delivery.done // what comes in is delivered when what goes out is
    },
  }),
})
