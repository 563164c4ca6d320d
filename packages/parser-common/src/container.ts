import {
  Clock,
  Duration,
  defineParser,
  type LineSource,
  OneOf,
  type Parser,
  Parsers,
  parseByBatch,
  Reference,
  Type,
} from '@weir/sdk'
import { certaintyOf } from './certainty.ts'
import { ContainerParser, type ContainerParserOptions } from './container-parser.ts'
import { isCriLine } from './cri.ts'
import { isDockerLine } from './docker.ts'
import { podOf } from './pod-path.ts'

/** Both levels of the parser of a source. */
function levels(options: ContainerParserOptions): Required<Pick<Parser, 'parse' | 'parseBatch'>> {
  const parser = new ContainerParser(options)
  const parseBatch: Required<Parser>['parseBatch'] = (...region) => parser.parseBatch(...region)
  return { parseBatch, parse: parseByBatch(parseBatch) }
}

/** Parts that are not complete wait so long, unless the config says otherwise. */
export const usualPatienceMs = 5000

/** A parser of the files of all containers, whose messages are read by a parser of each file, if they are. */
export const containerParser = (
  options: Omit<ContainerParserOptions, 'messages'>,
  messagesOf: (source?: LineSource) => Parser | undefined,
  tellsPod: boolean,
): Parser => ({
  ...levels({ ...options, messages: messagesOf() }),
  sniff: (lines) => certaintyOf(lines, 1, (line) => isCriLine(line) || isDockerLine(line)),
  open(source) {
    const resource = tellsPod ? podOf(String(source.attributes?.['log.file.path'] ?? source.id)) : undefined
    return {
      ...levels({ ...options, messages: messagesOf(source) }),
      ...(resource === undefined ? {} : { resource }),
    }
  },
})

export const container = defineParser({
  type: 'container',
  description:
    'Logs of containers, as containerd, CRI-O and Docker write them: parts of long lines are joined, messages parsed, and the pod told by the path of its file',
  stability: 'beta',
  config: Type.Object({
    format: OneOf(['auto', 'docker', 'crio', 'containerd'], {
      description: 'Who has written the file; `auto` looks at its lines.',
      default: 'auto',
    }),
    parser: Type.Optional(
      Reference('parser', {
        description:
          'Parser of the messages: a type, such as `json` or `auto`, or the id of an entry under parsers. A message that it does not understand stays the body. Left out: messages are bodies.',
      }),
    ),
    add_metadata_from_filepath: Type.Boolean({
      description:
        'Takes namespace, pod, container and its number of restarts from the path of the file as resource (`k8s.…`). The receiver must tell it: `include_file_path`.',
      default: true,
    }),
    force_flush_period: Duration({
      description:
        'How long, in the time of the lines, a part waits for the next; then the record is complete without it.',
      default: '5s',
    }),
  }),
  inject: { clock: Clock, parsers: Parsers },
  create({ config, clock, parsers }): Parser {
    const { format, parser, force_flush_period: patienceMs, add_metadata_from_filepath: tellsPod } = config
    const messages = parser === undefined ? undefined : parsers.create(parser)
    return containerParser(
      { format, patienceMs, now: () => clock.now() },
      (source) => (source === undefined ? messages : (messages?.open?.(source) ?? messages)),
      tellsPod,
    )
  },
})
