import { appendFileSync, closeSync, openSync, writeSync } from 'node:fs'

// A process of its own that writes numbered lines to a file, and opens it anew when it is told to by SIGUSR1, of which it
// then tells by a file. It tells its parent how many there are when that has told it to stop.

const [path = '', reopened = ''] = process.argv.slice(2)
let file = openSync(path, 'a')
let written = 0

const write = () => {
  const text = Array.from({ length: 20 }, () => `line ${++written} of a program that goes on writing\n`).join('')
  // In parts, so that a rotation may come in the middle of a line.
  const middle = text.length - 7
  writeSync(file, text.slice(0, middle))
  writeSync(file, text.slice(middle))
}
const writing = setInterval(write, 2)

process.on('SIGUSR1', () => {
  closeSync(file)
  file = openSync(path, 'a')
  appendFileSync(reopened, '')
})
process.once('message', () => {
  clearInterval(writing)
  process.send?.(written, () => process.disconnect())
})
process.send?.('started')
