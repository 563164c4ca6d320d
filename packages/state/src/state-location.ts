import { resolve } from 'node:path'
import { defaultStateDir, isConfigMap, type LoadOptions, loadConfig } from '@weir/config'
import { WeirError } from '@weir/sdk'

/**
 * The state directory of a config. Only what says so must be right in it.
 * @throws WeirError `WEIR_STATE_NO_CONFIG`, `WEIR_STATE_MEMORY`
 */
export async function locateStateDir(options: LoadOptions): Promise<string> {
  const { value, baseDir, paths, diagnostics } = await loadConfig(options)
  if (paths.length === 0) {
    throw new WeirError(diagnostics[0]?.message ?? 'no config was found', {
      code: 'WEIR_STATE_NO_CONFIG',
      hint: 'name the config (--config weir.yaml), or the folder (--state-dir .weir)',
    })
  }
  const { state_dir } = isConfigMap(value.service) ? value.service : {}
  if (state_dir === 'memory') {
    throw new WeirError('with state_dir: memory there is no state on disk', { code: 'WEIR_STATE_MEMORY' })
  }
  return resolve(baseDir, typeof state_dir === 'string' ? state_dir : defaultStateDir)
}
