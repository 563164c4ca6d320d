import { configSchema } from '@weir/config'
import { testsSchema } from '@weir/pipeline-test'
import { type ConfigOptions, prepareFrom } from './prepared.ts'

export async function schema(files: string[], options: ConfigOptions & { tests?: boolean }): Promise<void> {
  if (options.tests) {
    process.stdout.write(`${JSON.stringify(testsSchema(), undefined, 2)}\n`)
    return
  }
  const { registry } = await prepareFrom(files, { ...options, everyType: true })
  process.stdout.write(`${JSON.stringify(configSchema(registry), undefined, 2)}\n`)
}
