/** Names of the process's services in the container that are no classes of ours. */
export const services = {
  container: 'core.container',
  logger: 'core.logger',
  clock: 'core.clock',
  runMode: 'core.run_mode',
  terminal: 'core.terminal',
  abort: 'core.abort',
  conditions: 'core.conditions',
  expressions: 'core.expressions',
  patterns: 'core.patterns',
  state: 'core.state',
  config: 'core.config',
  registry: 'core.registry',
  plan: 'core.plan',
  predecessor: 'core.predecessor',
  states: 'core.states',
  status: 'core.status',
} as const
