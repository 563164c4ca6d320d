// Checks what each package would publish: publint's rules, and what Weir's own loader expects of a plugin.
// usage: node scripts/check-packages.mjs packages/a packages/b …

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

const folders = process.argv.slice(2)
const manifests = new Map(
  folders.map((folder) => [folder, JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))]),
)
const cli = manifests.get('packages/cli')
const references = readFileSync('tsconfig.json', 'utf8')

function* pluginProblems({ name, keywords, weir, peerDependencies }) {
  if (!keywords?.includes('weir-plugin')) yield 'keywords lack "weir-plugin"'
  if (weir?.components === undefined) yield 'the field "weir": { "components": … } is missing'
  if (peerDependencies?.['@weir/sdk'] === undefined) yield '@weir/sdk must be a peerDependency'
  if (cli.dependencies[name] === undefined) yield 'packages/cli does not depend on it, so it would not be built in'
}

async function problems(folder) {
  const manifest = manifests.get(folder)
  const { messages } = await publint({ pkgDir: folder, strict: true })
  const found = messages.map((message) => formatMessage(message, manifest, { color: false }))
  if (!references.includes(`"${folder}"`)) found.push('the references of the root tsconfig.json lack it')
  const isPlugin = /^@weir\/(receiver|parser|processor|detector|exporter|connector|extension)-/.test(manifest.name)
  if (isPlugin) found.push(...pluginProblems(manifest))
  return found.map((problem) => `${folder}: ${problem}`)
}

const found = (await Promise.all(folders.map(problems))).flat()
for (const problem of found) console.error(problem)
process.exitCode = found.length === 0 ? 0 : 1
