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
  const schemas = { config: {}, tests: {} }
  beforeAll(async () => {
    schemas.config = JSON.parse((await weir('schema', 'quickstart/weir.yaml')).stdout)
    schemas.tests = JSON.parse((await weir('schema', '--tests')).stdout)
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
    const ajv = new Ajv({ strict: false, allErrors: true })
    for (const code of documentedTests) ajv.validate(schemas.tests, parse(code))
    expect(ajv.errors).toBeNull()
  })

  it.each(examples)('%s is valid by the schemas that editors use', (example) => {
    const ajv = new Ajv({ strict: false, allErrors: true })
    ajv.validate(schemas.config, read(example, 'weir.yaml'))
    expect(ajv.errors).toBeNull()
    ajv.validate(schemas.tests, read(example, 'weir.test.yaml'))
    expect(ajv.errors).toBeNull()
  })

  it.each(examples)('%s is valid to weir validate', async (example) => {
    expect(await weir('validate', `${example}/weir.yaml`)).toMatchObject({ code: 0, stderr: '' })
  })
})
