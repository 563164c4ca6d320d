import { ComponentId, type Definition, type Output } from '@weir/sdk'

/** Outputs of the receivers' stages by the ids of receivers, once the pipelines run: what stands in for their input. */
export type Outputs = Map<string, Output>

/** A receiver that only hands over its output. */
export const feeding = (definition: Definition, outputs: Outputs): Definition => ({
  ...definition,
  ends: true,
  inject: { id: ComponentId },
  create: ({ id }) => ({
    start: (output: Output) => void outputs.set(String(id), output),
    stop() {},
  }),
})

/** An exporter that delivers nothing, at once. */
export const silent = (definition: Definition): Definition => ({
  ...definition,
  inject: {},
  create: () => ({ export: async () => {} }),
})
