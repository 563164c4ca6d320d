import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { Screen } from './screen.ts'

/** Two streams of one terminal, and the lines that it shows. */
function terminal() {
  let text = ''
  const stream = () =>
    new Writable({
      write(chunk, _, done) {
        text += chunk
        done()
      },
    })
  const shown = (line: string) => line.split('\r\u001b[K').at(-1)
  return { stdout: stream(), stderr: stream(), lines: () => text.split('\n').map(shown) }
}

describe('the progress line', () => {
  it('stays below what components write, the log, and what anyone else prints', () => {
    const { stdout, stderr, lines } = terminal()
    const screen = new Screen(stdout, true, [stderr])
    screen.progress('1 record')
    stderr.write('WARN: slow\n')
    screen.write('a record')
    stdout.write(Buffer.from('printed by a plugin\n'))
    screen.progress('2 records')
    expect(lines()).toEqual(['WARN: slow', 'a record', 'printed by a plugin', '2 records'])
    screen.progress('')
    screen.write('Summary\n')
    expect(lines()).toEqual(['WARN: slow', 'a record', 'printed by a plugin', 'Summary', ''])
  })

  it('waits for the end of a line that is written in pieces', () => {
    const { stdout, lines } = terminal()
    const screen = new Screen(stdout, true)
    screen.progress('1 record')
    stdout.write('one, ')
    screen.progress('2 records')
    stdout.write('two\n')
    expect(lines()).toEqual(['one, two', '2 records'])
  })

  it('is not shown where it would be in the way', () => {
    const { stdout, stderr, lines } = terminal()
    const screen = new Screen(stdout, false, [stderr])
    screen.progress('1 record')
    screen.write('{}\n')
    expect(lines()).toEqual(['{}', ''])
  })
})
