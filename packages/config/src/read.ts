import { readFile } from 'node:fs/promises'
import { basename, dirname, extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf } from '@weir/sdk'
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, parseDocument, Scalar } from 'yaml'
import { type Diagnostic, diagnostic } from './diagnostic.ts'
import { freshUrl } from './fresh-url.ts'
import { messageWithPlace, moduleFault } from './module-fault.ts'
import { type Place, positionOf, type SourceFile, type Span } from './place.ts'
import { tomlPlaces } from './toml-places.ts'

export interface ConfigMap {
  [key: string]: unknown
}

/** A config, or a part of one: plain values, and where each was written. */
export interface Parsed {
  readonly value: ConfigMap
  readonly place: Place
  /** What kept the file, or parts of it, from being read. */
  readonly diagnostics: readonly Diagnostic[]
}

export const isConfigMap = (value: unknown): value is ConfigMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const nothing: Place = { children: new Map() }
/** The place of what has none of its own: the beginning of the file. */
const top = (file: SourceFile): Place => ({ value: { file, start: 0, end: 0 }, children: new Map() })
const failed = (...diagnostics: Diagnostic[]): Parsed => ({ value: {}, place: nothing, diagnostics })

/**
 * Reads one config file by its extension; of `package.json`, the key `weir`. Never throws: problems are diagnostics.
 * @param name of the file, as it is shown
 */
export async function readConfig(path: string, name: string): Promise<Parsed> {
  const extension = extname(path)
  try {
    if (['.ts', '.mts', '.js', '.mjs'].includes(extension)) return await readModule(path, name)
    const file = { name, text: (await readFile(path, 'utf8')).replace(/^\ufeff/, '') }
    if (extension === '.toml') return await readToml(file)
    const parsed = readYaml(file, extension !== '.json')
    return basename(path) === 'package.json' ? ofPackage(parsed) : parsed
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return failed(
      isMissing
        ? diagnostic('error', 'WEIR_CONFIG_NOT_FOUND', `there is no file ${name}`)
        : diagnostic('error', 'WEIR_CONFIG_UNREADABLE', `${name} cannot be read: ${messageOf(error)}`),
    )
  }
}

function ofPackage({ value, place, diagnostics }: Parsed): Parsed {
  return { value: isConfigMap(value.weir) ? value.weir : {}, place: place.children.get('weir') ?? nothing, diagnostics }
}

const notAMap = (name: string, span?: Span) =>
  diagnostic('error', 'WEIR_CONFIG_TYPE', `${name} does not hold a map of sections`, {
    hint: 'begin with receivers:, exporters: and service:',
    position: span && positionOf(span),
  })

async function readModule(path: string, name: string): Promise<Parsed> {
  const file = { name, text: '' }
  let value: unknown
  try {
    const module: { default?: unknown } = await import(freshUrl(pathToFileURL(path).href))
    const exported: unknown = typeof module.default === 'function' ? await module.default() : module.default
    value = JSON.parse(JSON.stringify(exported ?? null))
  } catch (error) {
    return failed(await moduleProblem(error, path, name))
  }
  if (!isConfigMap(value)) return failed(notExported(file))
  // Which lines its keys come from, nobody can tell.
  const children = new Map(Object.keys(value).map((key) => [key, top(file)]))
  return { value, place: { ...top(file), children }, diagnostics: [] }
}

const notExported = (file: SourceFile) =>
  diagnostic('error', 'WEIR_CONFIG_TYPE', 'the default export is no map of sections, nor a function that returns one', {
    hint: 'export default { receivers: { … }, exporters: { … }, service: { … } }',
    position: positionOf({ file, start: 0, end: 0 }),
  })

/** What a config module has thrown, at its place if that is in the module itself. */
async function moduleProblem(error: unknown, path: string, name: string): Promise<Diagnostic> {
  const fault = moduleFault(error, dirname(path))
  if (fault?.path !== path) {
    const message = `${name} cannot be read: ${messageWithPlace(error, dirname(path))}`
    return diagnostic('error', 'WEIR_CONFIG_UNREADABLE', message)
  }
  const file = { name, text: await readFile(path, 'utf8') }
  const start = offsetOf(file, fault)
  const position = positionOf({ file, start, end: start })
  return diagnostic('error', 'WEIR_CONFIG_UNREADABLE', messageOf(error), { position })
}

/** The index of a character by its line and column, which count from 1. */
const offsetOf = ({ text }: SourceFile, { line, column }: { line: number; column: number }): number =>
  text
    .split('\n')
    .slice(0, line - 1)
    .reduce((sum, { length }) => sum + length + 1, column - 1)

async function readToml(file: SourceFile): Promise<Parsed> {
  const { parse: parseToml, TomlError } = await import('smol-toml')
  try {
    const value: ConfigMap = JSON.parse(JSON.stringify(parseToml(file.text)))
    return { value, place: tomlPlaces(file), diagnostics: [] }
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const start = offsetOf(file, error)
    const message =
      messageOf(error)
        .replace(/^Invalid TOML document: /, '')
        .split('\n')[0] ?? ''
    const position = positionOf({ file, start, end: start + 1 })
    return failed(diagnostic('error', 'WEIR_CONFIG_SYNTAX', message, { hint: syntaxHints.toml, position }))
  }
}

/** What YAML's faults mean for an operator. */
const yamlHints: { readonly [code: string]: string } = {
  TAB_AS_INDENT: 'indent with spaces',
  MULTIPLE_DOCS: 'write them into files of their own: weir run one.yaml two.yaml',
  DUPLICATE_KEY: 'remove one, or join them',
  BAD_INDENT: 'keys of one map begin in the same column',
  MULTILINE_IMPLICIT_KEY: 'is there a colon or an indentation too much or too few?',
}

/** What may be wrong where the parser does not know. */
const syntaxHints = {
  json: 'is there a comma, a quote or a brace too many or too few?',
  yaml: 'is there a quote, a brace or an indentation too many or too few? Texts with ": ", " #" or a brace need quotes',
  toml: 'write key = value, one on a line, with texts in quotes, below [section.id]',
} as const

/** A fault in YAML: what the parser says, what to do, and the whole word that it begins at. */
function yamlFault(file: SourceFile, message: string, start: number, end: number, code = ''): Diagnostic {
  const word = /^[\w/-]*/.exec(file.text.slice(start))?.[0].length ?? 0
  const position = positionOf({ file, start, end: Math.max(end, start + word) })
  const inFlow = position.lineText.includes('${') ? 'put ${…} in quotes between [ ] and { }' : undefined
  const [substitution] = /^\$\{[^}\n]*\}/.exec(file.text.slice(Math.max(0, start - 1))) ?? []
  const said =
    code === 'MULTIPLE_DOCS'
      ? 'the file holds several documents'
      : substitution === undefined
        ? message
        : `the brace of ${substitution} begins a map for YAML`
  const language = file.name.endsWith('.json') ? 'json' : 'yaml'
  const hint = yamlHints[code] ?? inFlow ?? (code === '' ? undefined : syntaxHints[language])
  return diagnostic('error', 'WEIR_CONFIG_SYNTAX', said, { hint, position })
}

/** JSON is read by the same parser: it is YAML. */
function readYaml(file: SourceFile, quotesMatter: boolean): Parsed {
  const document = parseDocument(file.text, { prettyErrors: false, merge: false })
  // What comes after the first fault mostly follows from it.
  const [fault] = [...document.errors, ...document.warnings].sort((one, other) => one.pos[0] - other.pos[0])
  if (fault !== undefined) return failed(yamlFault(file, fault.message, ...fault.pos, fault.code))
  if (document.contents === null) return { value: {}, place: top(file), diagnostics: [] }
  try {
    const { value, place } = new YamlReader(file, document, quotesMatter).read(document.contents)
    if (value !== null && !isConfigMap(value)) return failed(notAMap(file.name, place.value))
    return { value: value ?? {}, place, diagnostics: [] }
  } catch (error) {
    if (!(error instanceof YamlProblem)) throw error
    return failed(yamlFault(file, error.message, error.start, error.end))
  }
}

class YamlProblem extends Error {
  readonly start: number
  readonly end: number

  constructor(message: string, node: Node | null) {
    super(message)
    this.start = node?.range?.[0] ?? 0
    this.end = node?.range?.[1] ?? this.start
  }
}

/** Nodes that a config may have once its aliases are written out, and how deep: a few lines of YAML could make billions. */
const maxNodes = 100_000
const maxDepth = 100

/** Turns YAML's nodes into plain values, and remembers where each stood. */
class YamlReader {
  readonly #file: SourceFile
  readonly #document: Document
  readonly #quotesMatter: boolean
  #nodes = 0

  constructor(file: SourceFile, document: Document, quotesMatter: boolean) {
    this.#file = file
    this.#document = document
    this.#quotesMatter = quotesMatter
  }

  read(node: Node, key?: Node, depth = 0): { value: unknown; place: Place } {
    if (++this.#nodes > maxNodes || depth > maxDepth)
      throw new YamlProblem(`written out, this makes more than ${maxNodes} values, or nests too deeply`, node)
    const place: Place = { ...this.#span('value', node), ...this.#span('key', key), children: new Map() }
    if (isAlias(node)) {
      const target = node.resolve(this.#document)
      if (target === undefined) throw new YamlProblem(`there is no anchor "${node.source}"`, node)
      const { value, place: original } = this.read(target, key, depth + 1)
      return { value, place: { ...original, ...this.#span('value', node) } }
    }
    if (isMap<Node, Node | null>(node))
      return { value: Object.fromEntries(this.#entries(node.items, place, depth)), place }
    if (isSeq<Node>(node))
      return { value: node.items.map((item, index) => this.#child(place, index, item, undefined, depth)), place }
    const isQuoted = isScalar(node) && (node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE)
    return { value: isScalar(node) ? node.value : null, place: { ...place, isQuoted: isQuoted && this.#quotesMatter } }
  }

  #entries(pairs: readonly Pair<Node, Node | null>[], place: Place, depth: number): Map<string, unknown> {
    const merged = new Map<string, unknown>()
    const own = new Map<string, unknown>()
    for (const { key, value } of pairs) {
      if (!isScalar(key) || typeof key.value === 'object') throw new YamlProblem('a key must be a word', key)
      if (key.value === '<<' && key.type === Scalar.PLAIN && value !== null) {
        const sources = isSeq<Node>(value) ? value.items : [value]
        for (const source of sources.toReversed()) {
          const { value: map, place: from } = this.read(source, undefined, depth + 1)
          if (!isConfigMap(map)) throw new YamlProblem('<< takes a map, or a list of maps', source)
          for (const [name, inner] of Object.entries(map)) {
            merged.set(name, inner)
            if (!own.has(name)) place.children.set(name, from.children.get(name) ?? from)
          }
        }
      } else {
        own.set(String(key.value), this.#child(place, String(key.value), value, key, depth))
      }
    }
    return new Map([...merged, ...own])
  }

  #child(place: Place, name: string | number, node: Node | null, key: Node | undefined, depth: number): unknown {
    const child =
      node === null
        ? { value: null, place: { ...this.#span('key', key), children: new Map() } }
        : this.read(node, key, depth + 1)
    place.children.set(name, child.place)
    return child.value
  }

  #span<Part extends 'key' | 'value'>(part: Part, node: Node | undefined): Partial<Pick<Place, Part>> {
    const [start, end] = node?.range ?? []
    return start === undefined || end === undefined
      ? {}
      : ({ [part]: { file: this.#file, start, end } } as Pick<Place, Part>)
  }
}
