import type { Diagnostic } from '@weir/config'

/** What came of being told to reload. With `invalid` and `failed`, what ran before goes on. */
export type ReloadOutcome =
  | {
      readonly outcome: 'reloaded' | 'invalid'
      readonly diagnostics: readonly Diagnostic[]
      readonly plugins: readonly string[]
    }
  | { readonly outcome: 'failed'; readonly message: string }
