import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { messageOf, nearest } from '@weir/sdk'
import { parse } from 'yaml'
import { type Diagnostic, diagnostic } from './diagnostic.ts'
import { type ConfigPath, locateInText, type Place } from './place.ts'
import { isConfigMap } from './read.ts'

export interface SubstituteOptions {
  readonly env: { readonly [name: string]: string | undefined }
  /** Folder that `${file:…}` starts from. */
  readonly baseDir: string
  /** Of the whole config, for positions. */
  readonly root: Place
}

/** Largest file that `${file:…}` takes in. */
const maxFileBytes = 1024 * 1024
const reference = /\$\$|\$\{([^}]*)(\}?)/g

/**
 * Replaces `${env:X}`, `${env:X:-default}`, `${file:path}` and `$$` in every text of a config. A text that is nothing
 * but one substitution becomes a number or a truth value if it reads like one, unless it stands in quotes. What was put
 * in is not looked through again, and is remembered in the place so that messages do not show it.
 */
export function substitute(value: unknown, options: SubstituteOptions): { value: unknown; diagnostics: Diagnostic[] } {
  const substitution = new Substitution(options)
  return { value: substitution.walk(value, options.root, []), diagnostics: substitution.diagnostics }
}

class Substitution {
  readonly diagnostics: Diagnostic[] = []
  readonly #options: SubstituteOptions

  constructor(options: SubstituteOptions) {
    this.#options = options
  }

  walk(value: unknown, place: Place | undefined, path: ConfigPath): unknown {
    if (typeof value === 'string') return value.includes('$') ? this.#text(value, place, path) : value
    if (Array.isArray(value))
      return value.map((item, index) => this.walk(item, place?.children.get(index), [...path, index]))
    if (!isConfigMap(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.walk(item, place?.children.get(key), [...path, key])]),
    )
  }

  #text(text: string, place: Place | undefined, path: ConfigPath): unknown {
    const found = [...text.matchAll(reference)].filter(([whole]) => whole !== '$$')
    const replaced = text.replace(
      reference,
      (whole: string, inside: string | undefined, end: string, offset: number) =>
        inside === undefined
          ? '$'
          : (this.#resolve(whole, end === '' ? undefined : inside, text, offset, path) ?? whole),
    )
    if (found.length === 0) return replaced
    if (place !== undefined) place.substituted = replaced
    const isWhole = found.length === 1 && found[0]?.[0] === text && replaced !== text
    return isWhole && place?.isQuoted !== true ? typed(replaced) : replaced
  }

  #resolve(
    whole: string,
    inside: string | undefined,
    text: string,
    offset: number,
    path: ConfigPath,
  ): string | undefined {
    const [, scheme, name = '', fallback] = /^(env|file):(.*?)(?::-(.*))?$/s.exec(inside ?? '') ?? []
    const fail = (message: string, hint: string) => {
      const position = locateInText(this.#options.root, path, text, offset, whole.length)
      this.diagnostics.push(diagnostic('error', 'WEIR_CONFIG_SUBSTITUTION', message, { path, hint, position }))
      return undefined
    }
    if (inside === undefined || fallback?.includes('${'))
      return fail('the substitution does not end here', 'close it by }; one cannot stand in another')
    if (scheme === undefined)
      return fail(
        `${whole} is no substitution`,
        `write \${env:${inside}} for the variable, or $${whole} for the text itself`,
      )
    if (scheme === 'file') return this.#file(name, fail)
    const value = this.#options.env[name]
    if (fallback !== undefined) return value || fallback
    if (value !== undefined) return value
    const near = nearest(name, Object.keys(this.#options.env))
    return fail(
      `the environment variable ${name} is not set`,
      near === undefined ? `set it, or give a default: \${env:${name}:-…}` : `did you mean ${near}?`,
    )
  }

  #file(name: string, fail: (message: string, hint: string) => undefined): string | undefined {
    try {
      const path = resolve(this.#options.baseDir, name)
      if (statSync(path).size > maxFileBytes)
        return fail(`the file ${name} is larger than 1 MiB`, 'a substitution is meant for secrets and the like')
      return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
    } catch (error) {
      return fail(
        `the file ${name} cannot be read: ${messageOf(error).split(',')[0]}`,
        "the path starts from the config's folder",
      )
    }
  }
}

/** A text as YAML would read it without quotes, if it is a plain number, truth value or null. */
function typed(text: string): unknown {
  if (!/^[-+.\w]+$/.test(text)) return text
  const value: unknown = parse(text)
  return typeof value === 'object' && value !== null ? text : value
}
