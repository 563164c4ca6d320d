import { styleText } from 'node:util'

export type Style = Extract<Parameters<typeof styleText>[0], string>
/** Gives text a colour, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

/** Whether to write colours: on a terminal unless NO_COLOR, and where FORCE_COLOR says so. */
export const usesColor = (stream: NodeJS.WriteStream): boolean =>
  process.env.FORCE_COLOR ? process.env.FORCE_COLOR !== '0' : stream.isTTY === true && !process.env.NO_COLOR

export const paintFor = (stream: NodeJS.WriteStream): Paint =>
  usesColor(stream) ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text
