/** Plots as SVG, by hand: a few shapes, one palette, no dependency. */
export const palette = {
  ...{ ink: '#24292f', faint: '#8c959f', grid: '#d8dee4', ground: '#ffffff' },
  ...{ main: '#0969da', alarm: '#cf222e', good: '#1a7f37', shade: '#fff8c5' },
} as const

const escaped = (text: string) => text.replace(/[&<>"]/g, (found) => `&#${found.charCodeAt(0)};`)
const number = (value: number) => String(Number(value.toFixed(1)))

interface TextOptions {
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly size?: number
  readonly color?: string
  readonly weight?: 'bold'
}

/** A drawing that grows shape by shape. */
export class Svg {
  readonly width: number
  readonly height: number
  readonly #parts: string[] = []

  constructor(width: number, height: number) {
    this.width = width
    this.height = height
  }

  text(
    x: number,
    y: number,
    text: string,
    { anchor = 'start', size = 12, color = palette.ink, weight }: TextOptions = {},
  ): this {
    const bold = weight === undefined ? '' : ` font-weight="${weight}"`
    return this.#add(
      `<text x="${number(x)}" y="${number(y)}" font-size="${size}" fill="${color}" text-anchor="${anchor}"${bold}>${escaped(text)}</text>`,
    )
  }

  line(x1: number, y1: number, x2: number, y2: number, color: string = palette.grid, width = 1): this {
    return this.#add(
      `<line x1="${number(x1)}" y1="${number(y1)}" x2="${number(x2)}" y2="${number(y2)}" stroke="${color}" stroke-width="${width}"/>`,
    )
  }

  bar(x: number, y: number, width: number, height: number, color: string): this {
    return this.#add(
      `<rect x="${number(x)}" y="${number(y)}" width="${number(Math.max(0.5, width))}" height="${number(height)}" fill="${color}"/>`,
    )
  }

  dot(x: number, y: number, color: string, radius = 4): this {
    return this.#add(`<circle cx="${number(x)}" cy="${number(y)}" r="${radius}" fill="${color}"/>`)
  }

  path(points: readonly (readonly [number, number])[], color: string): this {
    const steps = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${number(x)} ${number(y)}`).join('')
    return this.#add(`<path d="${steps}" fill="none" stroke="${color}" stroke-width="1"/>`)
  }

  toString(): string {
    const { width, height } = this
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif"><rect width="${width}" height="${height}" fill="${palette.ground}"/>${this.#parts.join('\n')}</svg>\n`
  }

  #add(part: string): this {
    this.#parts.push(part)
    return this
  }
}
