import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { FullScreen } from './full-screen.ts'

function terminal(rows: number) {
  const input = new PassThrough()
  const output = Object.assign(new PassThrough(), { rows })
  const text = () => String(output.read() ?? '')
  return { input, output, text, screen: new FullScreen(input, output) }
}
/** Seconds that no test waits for. */
const long = 100_000

it.each(['q', 'Q', '\u0003'])('goes on until the key %j', async (key) => {
  const { input, screen } = terminal(24)
  expect(await screen.goesOn(1)).toBe(true)
  const wait = screen.goesOn(long)
  input.write('x')
  input.write(key)
  expect(await wait).toBe(false)
  screen[Symbol.dispose]()
})

it('draws in place, cut to the height of the terminal, again when that changes', () => {
  const { output, text, screen } = terminal(5)
  text()
  screen.draw(['1', '2', '3', '4', '5', '6'])
  expect(text()).toBe('\u001b[H1\u001b[K\r\n2\u001b[K\r\n3\u001b[K\r\n\u001b[K\r\nq ends\u001b[K\u001b[J')
  output.rows = 4
  output.emit('resize')
  expect(text()).toContain('1\u001b[K\r\n2\u001b[K\r\n\u001b[K\r\nq ends')
  screen[Symbol.dispose]()
})

it('says what is the matter without what a terminal would act on, until it draws again', () => {
  const { text, screen } = terminal(5)
  screen.draw(['1'])
  text()
  screen.note('gone\u001b[2J\n')
  expect(text()).toMatch(/1.*gone ⏎ \P{L}*K\P{L}*J$/su)
  screen.draw(['2'])
  expect(text()).toContain('q ends')
  screen[Symbol.dispose]()
})

it('leaves the terminal as it was', () => {
  const { input, output, text, screen } = terminal(5)
  expect(text()).toBe('\u001b[?1049h\u001b[?25l\u001b[?7l')
  screen[Symbol.dispose]()
  expect(text()).toBe('\u001b[?7h\u001b[?25h\u001b[?1049l')
  expect(input.listenerCount('data') + output.listenerCount('resize')).toBe(0)
})
