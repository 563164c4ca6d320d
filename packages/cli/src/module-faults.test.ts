import { describe, expect, it } from 'vitest'
import { Folder } from './command.fixture.ts'

const syntax = 'const a: number = 1\nexport default { a, b: }\n'
const late = 'const late = (): never => {\n  throw new Error("too late")\n}\nlate()\nexport default 1\n'

describe('a config that is a module', () => {
  it.each([
    [
      'a fault in its syntax',
      syntax,
      'weir.config.ts:2:24 error Expression expected\n    2 | export default { a, b: }\n',
    ],
    ['an exception', late, 'weir.config.ts:2:9 error too late\n'],
    [
      'an exception of a function that is exported',
      `export default () => {\n  null.x\n}`,
      'weir.config.ts:2:8 error Cannot',
    ],
    [
      'no default export',
      'export const config = {}',
      'weir.config.ts:1:1 error the default export is no map of sections',
    ],
    [
      'a wrong key',
      'export default { recievers: {}, service: {} }',
      'weir.config.ts:1:1 error recievers: unknown section',
    ],
  ])('is told its file, and the line where Node knows it: %s', async (_, text, told) => {
    using folder = new Folder()
    folder.write('weir.config.ts', text)
    const { code, stderr } = await folder.weir('validate')
    expect(code).toBe(2)
    expect(stderr).toContain(told)
  })

  it('is told the place of a fault in what it imports', async () => {
    using folder = new Folder()
    folder.write('weir.config.ts', `export { default } from './parts.ts'`)
    folder.write('parts.ts', syntax)
    const { stderr } = await folder.weir('validate')
    expect(stderr).toContain(`weir.config.ts cannot be read: Expression expected (${folder.file('parts.ts')}:2:24)`)
  })
})

describe('a plugin', () => {
  const config = (type: string) => ({
    plugins: { paths: ['plugin.ts'] },
    receivers: { stdin: {} },
    exporters: { [type]: {} },
    service: { state_dir: 'memory', pipelines: { logs: { receivers: ['stdin'], exporters: [type] } } },
  })

  it.each([
    [syntax, 'Expression expected', '2:24'],
    [late, 'too late', '2:9'],
  ])('that cannot be loaded is told with file, line and column: %j', async (text, message, place) => {
    using folder = new Folder()
    folder.write('plugin.ts', text)
    folder.write('weir.json', config('console'))
    const { stderr } = await folder.weir('validate')
    expect(stderr).toContain(`could not be loaded: ${message} (${folder.file('plugin.ts')}:${place})`)
  })

  it('that fails to make its component is told where', async () => {
    using folder = new Folder()
    const text = `import { defineExporter } from '@weir/sdk'
const make = (): never => {
  throw new Error('no luck')
}
export default defineExporter({ type: 'unlucky', create: make })
`
    folder.write('plugin.ts', text)
    folder.write('weir.json', config('unlucky'))
    const { code, stderr } = await folder.weir('run', '--once')
    expect(code).toBe(1)
    expect(stderr).toContain(`unlucky could not be created: no luck (${folder.file('plugin.ts')}:3:9)`)
  })
})
