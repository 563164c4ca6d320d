import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { prepare } from '@weir/core'
import { expect, it } from 'vitest'
import { host } from './prepared.ts'

it('every built-in plugin says in its package.json what it offers', async () => {
  const { registry, pluginProblems } = await prepare({ cwd: host, files: [], env: {}, hosts: [host], everyType: true })
  expect(pluginProblems).toEqual([])
  const offered = Map.groupBy(registry.all(), ({ packageName }) => packageName)
  for (const [name, types] of offered) {
    const manifest = JSON.parse(readFileSync(join(host, 'node_modules', name, 'package.json'), 'utf8'))
    expect(manifest.weir.types, name).toEqual(types.map(({ definition }) => `${definition.kind}/${definition.type}`))
  }
})
