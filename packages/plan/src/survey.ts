import type { ComponentConfig, Diagnostic, WeirConfig } from '@weir/config'
import type { Registry } from '@weir/plugins'
import type { Definition } from '@weir/sdk'

/** Looks at a config, and notes what is wrong with it, and where. */
export class Survey {
  readonly diagnostics: Diagnostic[] = []
  /** Components that something else names. */
  readonly used = new Set<ComponentConfig>()
  readonly config: WeirConfig
  readonly registry: Registry

  constructor(config: WeirConfig, registry: Registry) {
    this.config = config
    this.registry = registry
  }

  get hasErrors(): boolean {
    return this.diagnostics.some(({ severity }) => severity === 'error')
  }

  definition({ kind, type }: ComponentConfig): Definition | undefined {
    return this.registry.find(kind, type)?.definition
  }

  error(code: string, path: readonly (string | number)[], message: string, hint: string): void {
    this.#add('error', code, path, message, hint)
  }

  warning(code: string, path: readonly (string | number)[], message: string, hint: string | undefined): void {
    this.#add('warning', code, path, message, hint)
  }

  #add(
    severity: 'error' | 'warning',
    code: string,
    path: readonly (string | number)[],
    message: string,
    hint: string | undefined,
  ): void {
    const position = this.config.locate(path)
    this.diagnostics.push({
      severity,
      code,
      message,
      path: [...path],
      ...(hint === undefined ? {} : { hint }),
      ...(position === undefined ? {} : { position }),
    })
  }
}
