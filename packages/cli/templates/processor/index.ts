import { defineProcessor, Type } from '@weir/sdk'

export default defineProcessor({
  type: 'my_plugin',
  description: 'Adds an attribute to every record',
  mutates: true,
  config: Type.Object({
    name: Type.String({ description: 'Name of the attribute', default: 'deployment.environment.name' }),
    value: Type.String({ description: 'Its value', default: 'production' }),
  }),
  create: ({ config }) => ({
    process(batch) {
      batch.forEach((record) => {
        record.attributes.set(config.name, config.value)
      })
      return batch
    },
  }),
})
