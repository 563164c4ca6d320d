import { Clock, defineExporter, RunMode, Terminal } from '@weir/sdk'
import { consoleConfig } from './config.ts'
import { ConsoleExporter } from './console-exporter.ts'
import { Palette, usesColor } from './palette.ts'

export default defineExporter({
  type: 'console',
  description: 'Shows alerts as cards and records as lines on the terminal.',
  stability: 'beta',
  config: consoleConfig,
  inject: { mode: RunMode, clock: Clock, terminal: Terminal },
  create: ({ config, mode, clock, terminal }) =>
    new ConsoleExporter({
      config,
      clock,
      terminal,
      palette: new Palette(usesColor(config.color, mode.isTerminal, process.env)),
      columns: () => (mode.isTerminal ? process.stdout.columns : undefined),
    }),
})
