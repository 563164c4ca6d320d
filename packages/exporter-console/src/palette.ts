import { styleText } from 'node:util'

type Style = Extract<Parameters<typeof styleText>[0], string>

/** Whether to write colours; FORCE_COLOR counts more than NO_COLOR, as in Node itself. */
export function usesColor(
  choice: 'auto' | 'always' | 'never',
  isTerminal: boolean,
  env: { readonly [name: string]: string | undefined },
): boolean {
  if (choice !== 'auto') return choice === 'always'
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env
  if (force !== undefined) return force !== '0' && force !== 'false'
  return isTerminal && (no === undefined || no === '') && term !== 'dumb'
}

/** Styles text, or leaves it as it is. */
export class Palette {
  readonly #isColored: boolean

  constructor(isColored: boolean) {
    this.#isColored = isColored
  }

  style(styles: Style | readonly Style[], text: string): string {
    if (!this.#isColored || text === '') return text
    return styleText(typeof styles === 'string' ? styles : [...styles], text, { validateStream: false })
  }

  dim(text: string): string {
    return this.style('dim', text)
  }
}
