import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { type Kind, sections } from '@weir/sdk'
import { wrongCommandLine } from './exit-code.ts'
import { pluginManifest, pluginReadme, pluginTsconfig } from './plugin-package.ts'

const templates = new URL('../templates/', import.meta.url)
/** The type that the templates have. */
const placeholder = /my_plugin/g

const isKind = (word: string): word is Kind => Object.hasOwn(sections, word)

/** Writes a new plugin: a package with a typed definition, its tests, a README and a config to try it with. */
export function create(kind: string, name: string): void {
  if (!isKind(kind)) throw wrongCommandLine(`there is no kind "${kind}": ${Object.keys(sections).join(', ')}`)
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw wrongCommandLine(
      `"${name}" is no name for a plugin: lower case letters, digits and hyphens, such as slow-query`,
    )
  }
  const folder = resolve(`weir-plugin-${name}`)
  if (existsSync(folder)) throw wrongCommandLine(`${relative('', folder)} is there already`)
  const type = name.replaceAll('-', '_')
  const template = (file: string) =>
    readFileSync(new URL(`${kind}/${file}`, templates), 'utf8').replaceAll(placeholder, type)
  const source = template('index.ts')
  const description = /description: '(.*)'/.exec(source)?.[1] ?? ''
  const config = template('weir.yaml')
  const files: { readonly [path: string]: string } = {
    'package.json': pluginManifest(`weir-plugin-${name}`, `${kind}/${type}`, `Weir ${kind}: ${description}`),
    'tsconfig.json': pluginTsconfig,
    'README.md': pluginReadme(`weir-plugin-${name}`, kind, type, description, config),
    '.gitignore': 'node_modules/\ndist/\n.weir/\n',
    'weir.yaml': config,
    'src/index.ts': source,
    'src/index.test.ts': template('index.test.ts'),
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const shown = relative('', folder)
  process.stdout.write(
    `${Object.keys(files)
      .map((path) => join(shown, path))
      .join('\n')}\n\n  cd ${shown}\n  npm install\n  npm test\n  weir dev .\n`,
  )
}
