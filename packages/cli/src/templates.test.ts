import { describe, expect, it } from 'vitest'
import { Folder } from './command.fixture.ts'

const line = (n: number) => `2026-01-01T00:00:0${n}.000Z INFO user ${n} logged in\n`

describe('weir templates', () => {
  it('shows what kinds of messages a file holds, and leaves nothing behind', async () => {
    using folder = new Folder()
    folder.write('app.log', `${[1, 2, 3].map(line).join('')}2026-01-01T00:00:09.000Z ERROR disk is full\n`)
    const { code, stdout, stderr } = await folder.weir('templates', 'app.log', '--json')
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(
      stdout
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text)),
    ).toMatchObject([
      { count: 3, template: 'user <num> logged in', first_seen: '2026-01-01T00:00:01.000Z' },
      { count: 1, template: 'disk is full' },
    ])
    const again = await folder.weir('templates', 'app.log', '--top', '1')
    expect(again.stdout).toMatch(/^ +3 +75\.0 % {2}user <num> logged in /)
  })

  it('says what is wrong with the command line', async () => {
    using folder = new Folder()
    expect(await folder.weir('templates', 'none.log')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no file none.log'),
    })
    expect((await folder.weir('templates', '-', '--top', 'x')).code).toBe(2)
  })
})
