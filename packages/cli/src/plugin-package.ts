import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const { version }: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

/**
 * The SDK that a new plugin is developed with: the published one of this version or, where the command runs from a
 * checkout, that of the checkout.
 * @param cli folder of the command's package
 */
export function sdkSpec(cli: URL): string {
  const isCheckout = existsSync(new URL('../../pnpm-workspace.yaml', cli))
  return isCheckout ? `file:${fileURLToPath(new URL('../sdk', cli))}` : `^${version}`
}

/** What a new plugin is developed with: the versions that this repository itself uses. */
export const toolVersions = { '@types/node': '24.19.2', typescript: '7.0.2', vitest: '5.1.1' } as const

/** The package.json of a new plugin. */
export const pluginManifest = (name: string, kindAndType: string, description: string): string =>
  `${JSON.stringify(
    {
      name,
      version: '0.1.0',
      description,
      keywords: ['weir-plugin', 'weir', 'logs'],
      license: 'MIT',
      type: 'module',
      exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' }, './package.json': './package.json' },
      weir: { components: './dist/index.js', source: './src/index.ts', types: [kindAndType] },
      files: ['dist', '!dist/**/*.test.*'],
      scripts: {
        build: 'tsc',
        test: 'vitest run',
        dev: 'weir dev .',
        prepack: 'npm run build',
        prepublishOnly: 'npm test',
      },
      peerDependencies: { '@weir/sdk': `^${version}` },
      devDependencies: { '@weir/sdk': sdkSpec(new URL('../', import.meta.url)), ...toolVersions },
    },
    undefined,
    2,
  )}\n`

export const pluginTsconfig = `${JSON.stringify(
  {
    compilerOptions: {
      target: 'es2024',
      module: 'nodenext',
      types: ['node'],
      strict: true,
      noUncheckedIndexedAccess: true,
      verbatimModuleSyntax: true,
      erasableSyntaxOnly: true,
      rewriteRelativeImportExtensions: true,
      skipLibCheck: true,
      declaration: true,
      rootDir: 'src',
      outDir: 'dist',
    },
    include: ['src'],
  },
  undefined,
  2,
)}\n`

/** The README of a new plugin. */
export const pluginReadme = (name: string, kind: string, type: string, description: string, config: string): string =>
  `# ${name}

A [Weir](https://www.npmjs.com/package/@weir/cli) ${kind}. ${description}.

\`\`\`sh
weir plugin add ${name}
weir components ${type}     # its keys
\`\`\`

\`\`\`yaml
${config}\`\`\`

## Development

\`\`\`sh
npm test          # its own tests, and those that every ${kind} must pass
weir dev .        # runs weir.yaml with the plugin from source, and again at every change
npm pack          # builds it into a file, which weir plugin add takes as well
npm publish       # builds and tests first
\`\`\`
`
