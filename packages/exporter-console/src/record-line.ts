import { bodySlot, lineSlot, printable, type Record, severityName } from '@weir/sdk'
import { cut, widthOf } from './columns.ts'
import type { Palette } from './palette.ts'
import { shortPath, timeText, valueText } from './value-text.ts'

const maxAttributes = 8
const maxValueColumns = 60
const severityWidth = 5

const severityStyle = (severityNumber: number) => {
  if (severityNumber >= 17) return ['bold', 'red'] as const
  if (severityNumber >= 13) return 'yellow'
  return severityNumber >= 9 ? 'green' : 'dim'
}

/** Whether the body is the whole line, which says already what the attributes say. */
function isWholeLine({ batch, row }: Record): boolean {
  const line = (row * batch.stride + lineSlot) * 2
  const body = (row * batch.stride + bodySlot) * 2
  const { cells } = batch
  return cells[line + 1] !== -1 && cells[line] === cells[body] && cells[line + 1] === cells[body + 1]
}

/** A record as one line: time, severity, body, and the attributes if the body is not the line that they come from. */
export function recordLine(record: Record, palette: Palette, columns: number): string {
  const isCut = Number.isFinite(columns)
  const { severityNumber, severityText } = record
  const level = severityNumber === 0 ? severityText : severityName(severityNumber).replace(/\d$/, '')
  const time = timeText(record.time)
  const word = cut(printable(level), severityWidth)
  const head = word + ' '.repeat(Math.max(0, severityWidth - widthOf(word)))
  let room = columns - severityWidth - 1 - (time === '' ? 0 : time.length + 1)

  const body = cut(valueText(record.body, isCut), Math.max(1, room))
  const attributes: string[] = []
  room -= widthOf(body) + 1
  if (!isWholeLine(record)) {
    for (const [name, value] of record.attributes.entries()) {
      if (attributes.length === maxAttributes || room < 8) break
      const text = cut(`${shortPath(name)}=${cut(valueText(value), maxValueColumns)}`, room)
      attributes.push(text)
      room -= widthOf(text) + 1
    }
  }
  return [
    ...(time === '' ? [] : [palette.dim(time)]),
    palette.style(severityStyle(severityNumber), head),
    ...(body === '' ? [] : [body]),
    ...attributes.map((text) => palette.dim(text)),
  ]
    .join(' ')
    .trimEnd()
}
