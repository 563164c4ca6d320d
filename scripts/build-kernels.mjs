// Compiles the WebAssembly kernels of the packages that have an `assembly` folder, where their sources have changed.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

for (const name of readdirSync('packages')) {
  const folder = join('packages', name)
  const sources = join(folder, 'assembly')
  if (existsSync(sources))
    await build(sources, join(folder, 'dist'), join('node_modules', '.cache', `weir-kernels-${name}`))
}

async function build(sources, dist, stampFile) {
  const hash = createHash('sha256').update(readFileSync('pnpm-lock.yaml'))
  for (const file of readdirSync(sources).sort()) hash.update(file).update(readFileSync(join(sources, file)))
  const stamp = hash.digest('hex')
  const output = join(dist, 'kernels.wasm')
  if (existsSync(output) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return
  for (const folder of [dist, dirname(stampFile)]) mkdirSync(folder, { recursive: true })
  const { default: asc } = await import('assemblyscript/asc')
  const options = ['-O3', '--runtime', 'stub', '--enable', 'simd', '--noAssert', '--outFile', output]
  const { error, stderr } = await asc.main([join(sources, 'index.ts'), ...options])
  if (error) {
    process.stderr.write(`${stderr}${error.message}\n`)
    process.exit(1)
  }
  writeFileSync(stampFile, stamp)
}
