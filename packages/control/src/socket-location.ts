import { resolve } from 'node:path'
import { defaultStateDir, isConfigMap, type LoadOptions, loadConfig } from '@weir/config'
import { WeirError } from '@weir/sdk'
import { controlSocketPath } from './control-socket.ts'

/**
 * Where the socket is of the collector that runs with a config. Only what says so must be right in it: a collector can be
 * reached while its config is being changed.
 * @throws WeirError `WEIR_CONTROL_NO_CONFIG`, `WEIR_CONTROL_MEMORY`
 */
export async function locateControlSocket(options: LoadOptions): Promise<string> {
  const { value, baseDir, paths, diagnostics } = await loadConfig(options)
  if (paths.length === 0) {
    throw new WeirError(diagnostics[0]?.message ?? 'no config was found', {
      code: 'WEIR_CONTROL_NO_CONFIG',
      hint: 'name the config that the collector runs with, or its socket: --socket .weir/control.sock',
    })
  }
  const { state_dir, control } = isConfigMap(value.service) ? value.service : {}
  if (isConfigMap(control) && control.enabled === false) {
    throw new WeirError('service.control.enabled is false: a collector with this config cannot be reached', {
      code: 'WEIR_CONTROL_DISABLED',
    })
  }
  const stateDir = typeof state_dir === 'string' ? state_dir : defaultStateDir
  if (stateDir === 'memory') {
    throw new WeirError('with state_dir: memory, every collector has a socket of its own', {
      code: 'WEIR_CONTROL_MEMORY',
      hint: 'name it: --socket PATH (weir run logs it)',
    })
  }
  return controlSocketPath(resolve(baseDir, stateDir))
}
