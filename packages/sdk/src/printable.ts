const bell = '\u0007'
const esc = '\u001b'
/** Colours text, moves the cursor (CSI). */
const controlSequence = `(?:${esc}\\[|\u009b)[0-?]*[ -/]*[@-~]`
/** Sets titles, links and the like (OSC, DCS, SOS, PM, APC), if it ends: what does not end would hide all that follows. */
const controlString = `(?:${esc}[\\]PX^_]|[\u0090\u0098\u009d-\u009f])[^${bell}${esc}\u0090-\u009f]*(?:${bell}|${esc}\\\\|\u009c)`
const sequences = new RegExp(`${controlSequence}|${controlString}`, 'g')
const lineBreaks = /\r\n|[\n\r\u0085\u2028\u2029]/g
/** C0, DEL, C1; marks that turn the direction of what follows; invisible tags. */
const unsafe = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/u
const unsafeAll = new RegExp(unsafe, 'gu')

const replacement = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  if (code === 0x09) return ' '
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  if (code === 0x7f) return '\u2421'
  return code >= 0xe0000 || code === 0xfeff ? '' : '\ufffd'
}

/**
 * Text that does nothing to a terminal but appear on one line: control sequences are gone, other control characters are
 * shown as pictures (␛), and marks that would reorder the line as �.
 */
export function printable(text: string): string {
  const wellFormed = text.toWellFormed()
  if (!unsafe.test(wellFormed)) return wellFormed
  return wellFormed.replace(sequences, '').replace(lineBreaks, ' ⏎ ').replace(unsafeAll, replacement)
}

/** The same JSON text (or NDJSON) with what a terminal might act on written as escapes. */
export const printableJson = (json: string): string =>
  json.replace(unsafeAll, (character) =>
    character === '\n'
      ? character
      : Array.from(
          { length: character.length },
          (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
        ).join(''),
  )
