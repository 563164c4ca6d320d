import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Command } from './command.fixture.ts'

const root = join(import.meta.dirname, '../../../examples')
const examples = readdirSync(root, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
)
const env = { SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T000/B000/x' }
const weir = (...args: string[]) => new Command(root, args, env).finished
const read = (...path: string[]) => parse(readFileSync(join(root, ...path), 'utf8'))

const guide = readFileSync(join(root, '../docs/operator-guide.md'), 'utf8')
const documentedTests = Array.from(guide.matchAll(/^```yaml\n(.*?)^```/gms), ([, code = '']) => code).filter((code) =>
  /^tests:/m.test(code),
)

describe('the examples', () => {
  const ajv = new Ajv({ strict: false, allErrors: true })
  const errorsOf = (schema: 'config' | 'tests', value: unknown) => {
    ajv.validate(schema, value)
    return ajv.errors
  }
  beforeAll(async () => {
    const [config, tests] = await Promise.all([weir('schema', 'quickstart/weir.yaml'), weir('schema', '--tests')])
    ajv.addSchema(JSON.parse(config.stdout), 'config')
    ajv.addSchema(JSON.parse(tests.stdout), 'tests')
  })

  it('pass their tests', async () => {
    const { code, stdout, stderr } = await weir('test')
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^\d+ passed in /m)
    expect(code).toBe(0)
  })

  it.each(examples)('%s has a config, tests and a README', (example) => {
    const missing = ['weir.yaml', 'weir.test.yaml', 'README.md'].filter(
      (file) => !existsSync(join(root, example, file)),
    )
    expect(missing).toEqual([])
  })

  it('in the guide of tests are valid by the schema that editors use', () => {
    expect(documentedTests).toHaveLength(1)
    for (const code of documentedTests) expect(errorsOf('tests', parse(code))).toBeNull()
  })

  it.each(examples)('%s is valid by the schemas that editors use', (example) => {
    expect(errorsOf('config', read(example, 'weir.yaml'))).toBeNull()
    expect(errorsOf('tests', read(example, 'weir.test.yaml'))).toBeNull()
  })

  it.each(examples)('%s is valid to weir validate', async (example) => {
    expect(await weir('validate', `${example}/weir.yaml`)).toMatchObject({ code: 0, stderr: '' })
  })
})
