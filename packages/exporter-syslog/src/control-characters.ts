// biome-ignore lint/suspicious/noControlCharactersInRegex: it is about these
const control = /[\0-\x08\n-\x1f\x7f]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is about these
const controlAll = /[\0-\x08\n-\x1f\x7f]/g

const octal = (character: string): string => `#${character.charCodeAt(0).toString(8).padStart(3, '0')}`

export const hasControls = (text: string): boolean => control.test(text)

/** Control characters but the tab as rsyslog writes them: in octal, a line feed `#012`. */
export const escapeControls = (text: string): string => (control.test(text) ? text.replace(controlAll, octal) : text)

/** The same with line feeds as spaces, or as they are. */
export function escapeMessage(text: string, newlines: 'escape' | 'space' | 'keep'): string {
  if (!control.test(text)) return text
  if (newlines === 'escape') return text.replace(controlAll, octal)
  if (newlines === 'space') return escapeControls(text.replace(/\r?\n/g, ' '))
  return text.replace(controlAll, (character) => (character === '\n' ? character : octal(character)))
}
