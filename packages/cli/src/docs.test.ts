import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Folder } from './command.fixture.ts'

const root = join(import.meta.dirname, '../../..')
const pages = [
  join(root, 'README.md'),
  ...readdirSync(join(root, 'docs')).map((name) => join(root, 'docs', name)),
  ...readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name, 'README.md')),
].filter((path) => path.endsWith('.md'))

/** The code blocks of a page in one language, with the line that each begins at. */
function blocks(path: string, language: string): { at: string; code: string }[] {
  const text = readFileSync(path, 'utf8')
  return Array.from(
    text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms')),
    ({ index, 1: code = '' }) => ({
      at: `${path.slice(root.length + 1)}:${text.slice(0, index).split('\n').length}`,
      code,
    }),
  )
}

const configs = pages
  .flatMap((page) => blocks(page, 'yaml'))
  .filter(({ code }) => /^receivers:[\s\S]*^ {2}pipelines:/m.test(code))
const plugins = pages.flatMap((page) => blocks(page, 'ts')).filter(({ code }) => code.includes('export default define'))

describe('the documentation', () => {
  it.each(configs)('has a config in $at that is valid', async ({ code }) => {
    using folder = new Folder()
    folder.write('weir.yaml', code)
    const command = folder.start(['validate'], { ONCALL_URL: 'https://oncall.example/hook' })
    expect(await command.finished).toMatchObject({ code: 0, stderr: '' })
  })

  it.each(plugins)('has a plugin in $at that loads', async ({ code }) => {
    using folder = new Folder()
    folder.write('plugin.ts', code)
    folder.write('weir.json', { plugins: { paths: ['plugin.ts'] } })
    const { stdout, stderr } = await folder.weir('components')
    expect(stderr).toBe('')
    expect(stdout).toContain('plugin.ts@local')
  })

  it('names tests that are there, in reliability.md', () => {
    const folder = join(root, 'docs')
    const rows = readFileSync(join(folder, 'reliability.md'), 'utf8').matchAll(
      /\]\(([^)]+\.test\.ts)\): (.+?)(?=<br>| \|$)/gm,
    )
    const named = Array.from(rows, ([, path = '', words = '']) => ({ path, words }))
    expect(named.length).toBeGreaterThan(200)
    expect(named.filter(({ path, words }) => !readFileSync(join(folder, path), 'utf8').includes(words))).toEqual([])
  })

  it('links to files that are there', () => {
    const missing = pages.flatMap((page) =>
      Array.from(readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g), ({ 1: link = '' }) => ({
        page,
        link,
      }))
        .filter(({ link }) => !existsSync(join(page, '..', link)))
        .map(({ link }) => `${basename(page)}: ${link}`),
    )
    expect(missing).toEqual([])
  })
})
