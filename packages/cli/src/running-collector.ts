import { ControlClient, locateControlSocket } from '@weir/control'
import type { ConfigOptions } from './prepared.ts'

export interface ControlOptions extends ConfigOptions {
  socket?: string
}

/** The running collector that the command line means. @throws WeirError when its socket cannot be found out */
export async function controlOf(files: readonly string[], { socket, profile }: ControlOptions): Promise<ControlClient> {
  const path = socket ?? (await locateControlSocket({ cwd: process.cwd(), files, profile, env: process.env }))
  return new ControlClient(path)
}
