import type { Loader } from 'cosmiconfig'

/** Names that a config can have, in the order in which they are looked for in each folder. */
const searchPlaces =
  'weir.yaml weir.yml weir.json weir.toml weir.config.ts weir.config.js weir.config.mjs package.json'.split(' ')

/** Files are only found here and read elsewhere, with positions. */
const found: Loader = () => ({})
const packageJson: Loader = (path, content) => {
  if (!path.endsWith('package.json')) return {}
  try {
    return JSON.parse(content)
  } catch {
    return {}
  }
}

/** The path of the config that belongs to a folder: the first one there or above it, up to the root of the project. */
export async function locateConfig(cwd: string): Promise<string | undefined> {
  const { cosmiconfig } = await import('cosmiconfig')
  const loaders = Object.fromEntries(
    ['.yaml', '.yml', '.toml', '.ts', '.js', '.mjs'].map((extension) => [extension, found]),
  )
  const explorer = cosmiconfig('weir', {
    searchPlaces,
    searchStrategy: 'project',
    ignoreEmptySearchPlaces: false,
    cache: false,
    loaders: { ...loaders, '.json': packageJson },
  })
  return (await explorer.search(cwd))?.filepath
}
