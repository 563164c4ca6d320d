import { nearest } from '@weir/sdk'
import { Ajv, type ErrorObject } from 'ajv'
import { type Diagnostic, diagnostic } from './diagnostic.ts'
import { checkNotation, type NotationProblem } from './operator-notation.ts'
import { type ConfigPath, locate, locateInText, type Place, placeAt } from './place.ts'
import { isConfigMap } from './read.ts'

/** What is read of a schema to put a fault into words. */
interface SchemaView {
  readonly type?: string | readonly string[]
  readonly weir?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly writeOnly?: boolean
  readonly required?: readonly string[]
  readonly properties?: { readonly [name: string]: SchemaView }
  readonly anyOf?: readonly SchemaView[]
  readonly oneOf?: readonly SchemaView[]
}

const ajv = new Ajv({ allErrors: true, strict: false, verbose: true, validateFormats: false })
const checkWeir = Object.assign(
  (notation: string, text: string): boolean => {
    const problem = checkNotation(notation, text)
    checkWeir.errors = problem === undefined ? [] : [{ keyword: 'weir', message: problem.message, params: problem }]
    return problem === undefined
  },
  { errors: [] as Partial<ErrorObject>[] },
)
ajv.addKeyword({ keyword: 'weir', schemaType: 'string', type: 'string', errors: true, validate: checkWeir })

/** Checks values by JSON Schema, and says what is wrong in an operator's words, with the place in the file. */
export class SchemaCheck {
  readonly diagnostics: Diagnostic[] = []
  readonly #root: Place

  /** @param root places of the whole config */
  constructor(root: Place) {
    this.#root = root
  }

  /**
   * @param path of the value in the config
   * @returns the value, in which texts that a substitution had made numbers are texts again where the schema wants that
   */
  check(schema: object, value: unknown, path: ConfigPath): unknown {
    const validate = ajv.compile(schema)
    let checked = value
    if (validate(checked)) return checked
    const texts = (validate.errors ?? []).filter((error) => this.#wasText(error, path))
    if (texts.length > 0) {
      checked = structuredClone(checked)
      for (const error of texts) setAt(checked, stepsOf(error, checked), this.#placeOf(error, path).substituted)
      if (validate(checked)) return checked
    }
    for (const error of condensed(validate.errors ?? [])) this.#report(error, [...path, ...stepsOf(error, checked)])
    return checked
  }

  #wasText(error: ErrorObject, path: ConfigPath): boolean {
    return (
      error.keyword === 'type' &&
      String(error.schema).includes('string') &&
      this.#placeOf(error, path).substituted !== undefined
    )
  }

  #placeOf(error: ErrorObject, path: ConfigPath): Place {
    const { place, isExact } = placeAt(this.#root, [...path, ...stepsOf(error, undefined)])
    return isExact ? place : { children: new Map() }
  }

  #report(error: ErrorObject, path: ConfigPath): void {
    const schema = viewOf(error)
    const { place } = placeAt(this.#root, path)
    const isHidden = schema.writeOnly === true || place.substituted !== undefined
    const found = isHidden && !isConfigMap(error.data) ? 'a value that is not shown' : show(error.data)
    const add = (code: string, message: string, hint?: string) =>
      this.diagnostics.push(
        diagnostic('error', code, message, { path, hint, position: this.#shownPosition(path, schema) }),
      )
    switch (error.keyword) {
      case 'additionalProperties': {
        const key: string = error.params.additionalProperty
        const known = Object.keys(schema.properties ?? {})
        const at = [...path, key]
        const hint =
          misplaced(key, path) ??
          didYouMean(key, known) ??
          (known.length === 0 ? 'there are no keys here' : `known: ${known.join(', ')}`)
        this.diagnostics.push(
          diagnostic('error', 'WEIR_CONFIG_UNKNOWN_KEY', 'unknown key', {
            path: at,
            hint,
            position: locate(this.#root, at, 'key'),
          }),
        )
        return
      }
      case 'required': {
        const key: string = error.params.missingProperty
        const { description } = schema.properties?.[key] ?? {}
        add('WEIR_CONFIG_MISSING_KEY', `the key "${key}" is missing`, description?.replace(/\.$/, ''))
        return
      }
      case 'weir': {
        // The keyword put its own finding there.
        const { code, message, hint, isWarning, offset, length } = error.params as NotationProblem
        const position = locateInText(this.#root, path, String(error.data), offset ?? 0, length)
        const shown = offset === undefined && length === undefined ? locate(this.#root, path) : position
        this.diagnostics.push(
          diagnostic(isWarning ? 'warning' : 'error', code, message, { path, hint, position: shown }),
        )
        return
      }
      case 'enum':
      case 'const': {
        const words = (schema.enum ?? [schema.const]).map(String)
        add(
          'WEIR_CONFIG_VALUE',
          `${found} is not possible here`,
          didYouMean(String(error.data), words) ?? `write ${orOf(words)}`,
        )
        return
      }
      case 'type':
      case 'anyOf':
      case 'oneOf': {
        // Alternatives that are told apart by a key alone.
        const keys = (schema.oneOf ?? []).flatMap(({ required = [] }) => required)
        if (keys.length > 0 && keys.length === schema.oneOf?.length && isConfigMap(error.data)) {
          const given = keys.filter((key) => Object.hasOwn(error.data as object, key))
          const message =
            given.length === 0
              ? 'the key that says what to do is missing'
              : `${given.join(' and ')} cannot stand together`
          add('WEIR_CONFIG_VALUE', message, `write one of ${keys.join(', ')}`)
          return
        }
        add('WEIR_CONFIG_TYPE', `expected ${expected(schema)}, found ${found}`)
        return
      }
      case 'dependencies': {
        const { property, missingProperty } = error.params
        add('WEIR_CONFIG_MISSING_KEY', `the key "${missingProperty}" is missing, which goes with "${property}"`)
        return
      }
      case 'pattern':
        if (schema.weir === undefined) add('WEIR_CONFIG_VALUE', `${found} does not match ${error.params.pattern}`)
        else add('WEIR_CONFIG_VALUE', `expected ${expected(schema)}, found ${found}`)
        return
      case 'minProperties':
      case 'minItems':
      case 'minLength':
        add('WEIR_CONFIG_VALUE', error.params.limit === 1 ? 'must not be empty' : `${error.message}`)
        return
      default:
        add('WEIR_CONFIG_VALUE', `${error.message ?? 'not valid'}, found ${found}`)
    }
  }

  /** The position; of a secret that was written down, without its text. */
  #shownPosition(path: ConfigPath, { writeOnly }: SchemaView) {
    const position = locate(this.#root, path)
    if (position === undefined || writeOnly !== true) return position
    const isKey = position.column === locate(this.#root, path, 'key')?.column
    return {
      ...position,
      lineText: `${position.lineText.slice(0, (isKey ? position.endColumn : position.column) - 1)} ****`,
    }
  }
}

export function didYouMean(word: string, words: readonly string[]): string | undefined {
  const near = nearest(word, words)
  return near === undefined ? undefined : `did you mean "${near}"?`
}

const orOf = (words: readonly string[]): string => words.join(', ').replace(/, ([^,]*)$/, ' or $1')

const typeWords: { readonly [type: string]: string } = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  null: 'nothing',
}
const notationWords: { readonly [notation: string]: string } = {
  duration: 'a duration such as 30s or 5m',
  size: 'a size such as 64KiB or 4MiB',
  pattern: 'a regular expression',
  condition: 'a condition',
  expression: 'an expression',
  path: 'a path to a field',
  target: 'a path to a field',
  time_zone: 'a time zone such as UTC or Europe/Berlin',
  template: 'a text with fields between braces',
  dissect: 'a text with fields such as %{name}',
}

/** What a schema wants, in words. */
function expected(schema: SchemaView): string {
  const notation = notationWords[schema.weir ?? '']
  if (notation !== undefined) return notation
  if (schema.enum !== undefined) return orOf(schema.enum.map(String))
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  const branches = schema.anyOf ?? schema.oneOf
  if (branches !== undefined) return orOf([...new Set(branches.map(expected))])
  return orOf([schema.type ?? []].flat().map((type) => typeWords[type] ?? type)) || 'something else'
}

/** What stands there instead, in words. */
function show(value: unknown): string {
  if (typeof value === 'string')
    return `the text ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)}`
  if (typeof value === 'number') return `the number ${value}`
  return Array.isArray(value) ? 'a list' : isConfigMap(value) ? 'a map' : value === null ? 'nothing' : String(value)
}

const viewOf = ({ parentSchema }: ErrorObject): SchemaView => Object(parentSchema)

/** The steps from the checked value to where an error is; list indices as numbers. */
function stepsOf({ instancePath }: ErrorObject, value: unknown): (string | number)[] {
  let at = value
  return instancePath
    .split('/')
    .slice(1)
    .map((part) => {
      const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
      const isIndex = at === undefined ? /^\d+$/.test(key) : Array.isArray(at)
      at = typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined
      return isIndex ? Number(key) : key
    })
}

function setAt(value: unknown, steps: readonly (string | number)[], text: unknown): void {
  const parent = steps
    .slice(0, -1)
    .reduce<unknown>((at, step) => (typeof at === 'object' && at !== null ? Reflect.get(at, step) : at), value)
  const last = steps.at(-1)
  if (typeof parent === 'object' && parent !== null && last !== undefined) Reflect.set(parent, last, text)
}

/**
 * Errors without noise: of alternatives, those of the one that was meant, or else one that names them all; nothing
 * about a pattern that a notation has already judged, nor about a missing key that has a default.
 */
function condensed(errors: readonly ErrorObject[]): ErrorObject[] {
  const dropped = new Set<ErrorObject>()
  const chosen: ErrorObject[] = []
  for (const error of errors) {
    const schema = viewOf(error)
    if (error.keyword === 'required' && schema.properties?.[error.params.missingProperty]?.default !== undefined)
      dropped.add(error)
    if (error.keyword !== 'anyOf' && error.keyword !== 'oneOf') continue
    const inner = errors.filter(({ schemaPath }) => schemaPath.startsWith(`${error.schemaPath}/`))
    const branches = Map.groupBy(inner, ({ schemaPath }) => schemaPath.slice(error.schemaPath.length + 1).split('/')[0])
    const constants = inner.filter(({ keyword }) => keyword === 'const')
    const places = new Set(constants.map(({ instancePath }) => instancePath))
    const [first] = constants
    // Alternatives that are told apart by a word in one place: that word is wrong.
    if (first !== undefined && places.size === 1 && constants.length === branches.size) {
      chosen.push({ ...first, keyword: 'enum', parentSchema: { enum: constants.map(({ schema }) => schema) } })
      dropped.add(error)
    }
    const rules = ({ keyword, instancePath }: ErrorObject) =>
      keyword === 'const' || (keyword === 'type' && instancePath === error.instancePath)
    const meant = [...branches.values()].filter((branch) => !branch.some(rules))
    if (meant.length === 1) dropped.add(error)
    for (const one of inner) if (meant.length !== 1 || meant[0]?.includes(one) !== true) dropped.add(one)
  }
  return [...errors.filter((error) => !dropped.has(error)), ...chosen]
}

/** Of a key that belongs to other components: where it would do something. */
function misplaced(key: string, [section, kind]: ConfigPath): string | undefined {
  const isPassed =
    section === 'receivers' || section === 'processors' || (section === 'service' && kind === 'pipelines')
  if (key !== 'sending_queue' || !isPassed) return undefined
  return 'queues stand before exporters and connectors: give it to one of these; before processors, put a connector there'
}
