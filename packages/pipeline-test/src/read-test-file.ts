import {
  byPosition,
  type ConfigPath,
  type Diagnostic,
  diagnostic,
  isConfigMap,
  locate,
  type Place,
  type Position,
  readConfig,
  SchemaCheck,
} from '@weir/config'
import { type TestFileSpec, testFileSchema } from './test-schema.ts'
import { readTime } from './test-time.ts'

/** A test file that is valid by itself: whether its ids are there is for the config to say. */
export interface TestFile {
  readonly path: string
  /** As it is shown. */
  readonly name: string
  readonly spec: TestFileSpec
  locate(path: ConfigPath): Position | undefined
}

/**
 * Reads a test file and checks it by its schema. All problems come back at once.
 * @param name of the file, as it is shown
 */
export async function readTestFile(
  path: string,
  name: string,
): Promise<{ file?: TestFile; diagnostics: readonly Diagnostic[] }> {
  const { value, place, diagnostics } = await readConfig(path, name)
  if (diagnostics.length > 0) return { diagnostics: diagnostics.map((found) => notAMap(found, name)) }
  const check = new SchemaCheck(place)
  check.check(testFileSchema, value, [])
  const all = [...check.diagnostics, ...badTimes(value, place), ...sameNames(value, place)].sort(byPosition([name]))
  if (all.some(({ severity }) => severity === 'error')) return { diagnostics: all }
  // The schema that it was checked by is the schema of this type.
  const spec = value as TestFileSpec
  return { file: { path, name, spec, locate: (at) => locate(place, at) }, diagnostics: all }
}

const notAMap = (found: Diagnostic, name: string): Diagnostic =>
  found.code === 'WEIR_CONFIG_TYPE'
    ? { ...found, message: `${name} does not hold a map`, hint: 'begin with config: and tests:' }
    : found

/** Every `time` that is none, and `now`. What records carry as data is left alone. */
function badTimes(value: unknown, place: Place, path: ConfigPath = []): Diagnostic[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => badTimes(item, place, [...path, index]))
  if (!isConfigMap(value)) return []
  return Object.entries(value).flatMap(([key, item]) => {
    if (['attributes', 'resource', 'body', 'group', 'env'].includes(key)) return []
    const at = [...path, key]
    if (key !== 'time' && key !== 'now') return badTimes(item, place, at)
    if ((typeof item !== 'string' && typeof item !== 'number') || readTime(item) !== undefined) return []
    const hint =
      'write 2026-01-31, 2026-01-31T12:00:00Z, with a zone and up to nine digits of a second, or milliseconds'
    const message = `${JSON.stringify(item)} is no time`
    return [diagnostic('error', 'WEIR_TEST_TIME', message, { path: at, hint, position: locate(place, at) })]
  })
}

function sameNames({ tests }: { readonly [key: string]: unknown }, place: Place): Diagnostic[] {
  const seen = new Set<unknown>()
  return (Array.isArray(tests) ? tests : []).flatMap((test: unknown, index) => {
    const name = isConfigMap(test) ? test.name : undefined
    if (name === undefined || !seen.has(name)) {
      seen.add(name)
      return []
    }
    const path = ['tests', index, 'name']
    const message = `another test has the name ${JSON.stringify(name)}`
    return [
      diagnostic('error', 'WEIR_TEST_NAME', message, {
        path,
        hint: 'give it one of its own',
        position: locate(place, path),
      }),
    ]
  })
}
