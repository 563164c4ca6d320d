import { readFileSync } from 'node:fs'
import { sections } from '@weir/sdk'
import { Command, type CommanderError, Option } from 'commander'
import { components } from './components.ts'
import { config } from './config.ts'
import { create } from './create.ts'
import { dev } from './dev.ts'
import { exitCode } from './exit-code.ts'
import { graph } from './graph.ts'
import { learn } from './learn.ts'
import { addPlugins, listPlugins, removePlugins, updatePlugins } from './plugin.ts'
import { reload } from './reload.ts'
import { replay } from './replay.ts'
import { run } from './run.ts'
import { schema } from './schema.ts'
import { listState, resetState, showState } from './state.ts'
import { tap } from './tap.ts'
import { templates } from './templates.ts'
import { test } from './test.ts'
import { top } from './top.ts'
import { validate } from './validate.ts'

const filesHelp =
  'config files, merged in this order; none: weir.yaml (or .yml, .json, .toml, weir.config.ts, "weir" in package.json) is looked for here and above'
const exitHelp = `
Exit status: 0 done, 1 something failed or was not delivered, 2 the command line or the config is wrong.`

const { version }: { version: string } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

/** Help and version are no failure; anything else that ends the command here is a wrong command line. */
const end = ({ exitCode: code }: CommanderError): never => process.exit(code === 0 ? exitCode.ok : exitCode.invalid)

/** The `weir` command. */
export function program(): Command {
  const weir = new Command('weir')
    .description('A log pipeline: receivers, parsers, detectors and exporters, wired by one YAML file.')
    .version(version)
    .showHelpAfterError('(weir --help shows what there is)')
    .exitOverride(end)
    .addHelpText('after', exitHelp)

  const verb = (name: string, description: string, example: string) =>
    weir
      .command(name)
      .description(description)
      .addHelpText('after', `\nExample:\n  ${example}\n${exitHelp}`)
      .exitOverride(end)

  const withConfig = (command: Command) =>
    command
      .argument('[files...]', filesHelp)
      .option('-p, --profile <name>', 'profile to merge last (or the variable WEIR_PROFILE)')
      .option('--plugin <path...>', 'further plugins: a file, or the folder of a package')

  withConfig(verb('run', 'Run the pipelines until interrupted', 'weir run --once weir.yaml'))
    .option('--once', 'read the input to its end, flush, print a summary and exit')
    .option('-w, --watch', 'reload when the config or a local plugin changes (SIGHUP does so too)')
    .option('-q, --quiet', 'no progress line and no summary')
    .option('--control', 'with --once too, open the socket for weir top, tap and graph --live')
    .addOption(
      new Option('--log-level <level>', "level of Weir's own log; default: service.telemetry.logs.level").choices([
        'debug',
        'info',
        'warn',
        'error',
        'silent',
      ]),
    )
    .addHelpText('after', 'With --once also 3: all that could be read was delivered, and something could not be read.')
    .action(run)
  withConfig(
    verb('validate', 'Check the config and say everything that is wrong with it', 'weir validate weir.yaml prod.yaml'),
  )
    .option('--json', 'print the problems as JSON')
    .action(validate)
  withConfig(
    verb(
      'config',
      'Print the config as it will be used: merged, substituted, with defaults; secrets masked',
      'weir config --profile prod',
    ),
  )
    .option('--json', 'print JSON instead of YAML')
    .action(config)
  withConfig(
    verb(
      'schema',
      'Print the JSON Schema of the config for the plugins installed here',
      'weir schema > weir.schema.json',
    ),
  )
    .option('--tests', 'print the JSON Schema of test files instead')
    .action(schema)
  verb('test', 'Run the tests of pipelines', 'weir test --filter 5xx weir.test.yaml')
    .argument('[files...]', 'test files, and folders in which *.test.yaml are looked for; none: the current folder')
    .option('--filter <text>', 'only tests in whose names this stands')
    .option('--junit <file>', 'write the outcome as JUnit XML, too')
    .option('--json', 'print the outcome as JSON')
    .option('--plugin <path...>', 'further plugins: a file, or the folder of a package')
    .action(test)
  verb('components', 'Show the installed component types, or every key of one', 'weir components file')
    .argument('[type]', 'a type, such as file')
    .option('--json', 'print JSON')
    .option('--markdown', 'print the reference as Markdown')
    .action(components)
  const withSocket = (command: Command) =>
    command.option('--socket <path>', 'socket of the running collector; default: control.sock in its state_dir')
  withSocket(withConfig(verb('graph', 'Draw the pipelines', 'weir graph --mermaid weir.yaml')))
    .option('--mermaid', 'print a Mermaid flow chart')
    .option('--svg', 'print an SVG image')
    .option('--json', 'print JSON')
    .option('--live', 'draw what runs, with its rates and what waits')
    .action(graph)

  /** The collector that is meant is the one that runs with this config. */
  const ofRunning = (command: Command) =>
    withSocket(
      command
        .argument('[files...]', 'config files of the running collector; none: as for weir run')
        .option('-p, --profile <name>', 'its profile (or the variable WEIR_PROFILE)'),
    )
  ofRunning(
    verb(
      'tap',
      'Show records as they pass a point of the running collector',
      "weir tap anomaly --where 'severityNumber >= 17'",
    ).argument('[id]', 'a receiver, processor, exporter or pipeline'),
  )
    .option('--where <condition>', 'only records for which this is true (CEL, as in the config)')
    .option('--limit <count>', 'end after so many records')
    .option('--rate <count>', 'records in a second, at most (default: 100)')
    .option('--json', 'print records as NDJSON')
    .option('--list', 'show what can be tapped')
    .action(tap)
  ofRunning(verb('top', 'Watch the running collector: rates, queues, back-pressure, memory, alerts', 'weir top'))
    .option('--once', 'print it once, measured over a second')
    .option('--json', 'print it once, as JSON')
    .action(top)
  ofRunning(verb('reload', 'Tell the running collector to go over to its config as it is now', 'weir reload')).action(
    reload,
  )
  verb(
    'learn',
    'Let the detectors of a config learn from history what is usual',
    'weir learn /var/log/app.log.2.gz /var/log/app.log.1',
  )
    .argument('<files...>', 'log files, the oldest first; .gz and .zst are decompressed')
    .option('-c, --config <file...>', 'config files, merged in this order')
    .option('--profile <name>', 'profile of the config')
    .option('--receiver <id>', 'receiver whose parser reads the files, if several could')
    .option('--force', 'replace what the detectors have learnt before')
    .option('--json', 'print what was learnt as JSON')
    .action(learn)
  withSocket(
    withConfig(
      verb(
        'replay',
        'Send dead letters again: to the component that gave them up, by the running collector if there is one',
        'weir replay dead.ndjson --where \'attributes["weir.dead_letter.reason"] == "permanent"\'',
      ).argument('<file>', 'a file of dead letters (dead_letter: { path: … })'),
    ),
  )
    .option('--to <id>', 'another exporter, or receiver of lines')
    .option('--where <condition>', 'only records for which this is true (CEL, as in the config)')
    .option('--again', 'also what was replayed before')
    .option('--dry-run', 'only say what would be replayed')
    .action(replay)
  verb('templates', 'Show what kinds of messages log files hold, the most frequent first', 'weir templates app.log')
    .argument('<files...>', 'log files; - is stdin')
    .option('--top <count>', 'templates that are shown; 0: all', '20')
    .option('--parser <type>', 'parser of the lines', 'auto')
    .option('--json', 'print one JSON object a template, a line each')
    .action(templates)
  const plugin = verb(
    'plugin',
    'Add, list, update and remove plugins, in plugins.d beside the config',
    'weir plugin add weir-plugin-foo',
  )
  const pluginVerb = (name: string, description: string, example: string) =>
    plugin
      .command(name)
      .description(description)
      .addHelpText('after', `\nExample:\n  ${example}\n${exitHelp}`)
      .exitOverride(end)
  pluginVerb(
    'add',
    'Install plugins: names with or without a version, folders, tarballs',
    'weir plugin add weir-plugin-foo@1.2.0',
  )
    .argument('<specs...>')
    .action(addPlugins)
  pluginVerb('list', 'Show what is installed, and what it brings', 'weir plugin list')
    .option('--json', 'print JSON')
    .action(listPlugins)
  pluginVerb('remove', 'Remove plugins', 'weir plugin remove weir-plugin-foo')
    .argument('<names...>')
    .action(removePlugins)
  pluginVerb('update', 'Bring the newest versions of plugins, or of all', 'weir plugin update')
    .argument('[names...]')
    .action(updatePlugins)
  const state = verb('state', 'Look at what a collector has stored, while it does not run', 'weir state list')
  const stateVerb = (name: string, description: string, example: string) =>
    state
      .command(name)
      .description(description)
      .addHelpText('after', `\nExample:\n  ${example}\n${exitHelp}`)
      .option('--state-dir <path>', 'the state directory; default: that of the config')
      .option('-c, --config <files...>', 'config files; none: as for weir run')
      .option('-p, --profile <name>', 'profile to merge last (or the variable WEIR_PROFILE)')
      .exitOverride(end)
  stateVerb('list', 'Show what is stored, by component, and what waits in queues', 'weir state list')
    .argument('[files...]', 'config files, as with -c')
    .option('--json', 'print JSON')
    .action((files: string[], options) => listState(files.length === 0 ? options : { ...options, config: files }))
  stateVerb('show', 'Print what a component has stored, as JSON', 'weir state show receiver/file')
    .argument('<name>', 'kind and id of the component, or its id if that says enough')
    .argument('[key]', 'one key of it alone')
    .action(showState)
  stateVerb('reset', 'Remove what a component has stored, its queue included', 'weir state reset --yes receiver/file')
    .argument('<name>', 'kind and id of the component, or its id if that says enough')
    .option('-y, --yes', 'do it; without it, only show what would be removed')
    .action(resetState)
  verb('create', 'Write a new plugin, with its tests', 'weir create detector slow-query')
    .argument('<kind>', Object.keys(sections).join(', '))
    .argument('<name>', 'what it is called: lower case letters, digits and hyphens')
    .action(create)
  verb('dev', 'Run a pipeline with a plugin from its source, and again at every change', 'weir dev ./weir-plugin-burst')
    .argument('<plugin>', 'the file, or the folder of the package')
    .argument('[files...]', 'config files; none: the weir.yaml of the folder')
    .option('-p, --profile <name>', 'profile to merge last (or the variable WEIR_PROFILE)')
    .action(dev)
  return weir
}
