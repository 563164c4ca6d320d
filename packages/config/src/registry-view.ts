import type { Definition, Kind } from '@weir/sdk'

/** What the config needs to know about the installed component types. */
export interface RegistryView {
  /** `schema` is that of everything an operator may write, the kind's standard keys included. */
  find(kind: Kind, type: string): { readonly definition: Definition; readonly schema: object } | undefined
  types(kind: Kind): readonly string[]
  /** The npm package that would bring a type that is not installed, if one is known. */
  providerOf(kind: Kind, type: string): string | undefined
}
