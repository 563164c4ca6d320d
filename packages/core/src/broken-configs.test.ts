import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { formatDiagnostics, loadConfig } from '@weir/config'
import { Registry } from '@weir/plugins'
import {
  Condition,
  Duration,
  defineConnector,
  defineDetector,
  defineExporter,
  defineExtension,
  defineParser,
  defineProcessor,
  defineReceiver,
  Expression,
  FieldPath,
  FieldTarget,
  FilePath,
  OneOf,
  Pattern,
  PipelineReference,
  Reference,
  Secret,
  Type,
  WeirError,
} from '@weir/sdk'
import { describe, expect, it } from 'vitest'
import { checkConfig } from './prepare.ts'

const absent = () => {
  throw new Error('nothing is made in this test')
}

const registry = new Registry()
for (const definition of [
  defineReceiver({
    type: 'file',
    reads: 'lines',
    config: Type.Object({
      include: Type.Array(FilePath('read'), { description: 'Globs of the files to read.' }),
      exclude: Type.Array(FilePath('spare'), { description: 'Globs of files to leave out.', default: [] }),
      include_hidden: Type.Boolean({ description: 'Files whose name begins with a dot too.', default: false }),
    }),
    create: absent,
  }),
  defineParser({ type: 'auto', create: absent }),
  defineParser({
    type: 'regex',
    config: Type.Object({ pattern: Pattern({ description: 'One group a field.' }) }),
    create: absent,
  }),
  defineDetector({
    type: 'rate',
    config: Type.Object({
      where: Type.Optional(Condition({ description: 'Which records count.' })),
      group_by: Type.Array(FieldPath({ description: 'A field.' }), { description: 'Fields.', default: [] }),
      window: Duration({ description: 'Length of the window.', default: '1m' }),
    }),
    create: absent,
  }),
  defineDetector({
    type: 'limit',
    config: Type.Object({ above: Type.Optional(Type.Number({ description: 'The limit.' })) }),
    check({ above }) {
      if (above === undefined) throw new WeirError('a limit is missing', { code: 'WEIR_TEST_LIMIT', hint: 'set above' })
    },
    create: absent,
  }),
  defineExporter({ type: 'console', create: absent }),
  defineExporter({
    type: 'archive',
    config: Type.Object({ path: FilePath('write', { description: 'File to write.' }) }),
    create: absent,
  }),
  defineProcessor({
    type: 'anomaly',
    emits: 'alerts',
    config: Type.Object({
      detectors: Type.Array(Reference('detector', { description: 'A detector.' }), {
        description: 'What looks for them.',
        default: [],
      }),
    }),
    create: absent,
  }),
  defineExtension({ type: 'bearer_auth', authenticates: true, create: absent }),
  defineExtension({ type: 'health', create: absent }),
  defineReceiver({
    type: 'http',
    config: Type.Object({
      auth: Type.Optional(
        Type.Object({ authenticator: Reference('authenticator', { description: 'Who may come in.' }) }),
      ),
    }),
    create: absent,
  }),
  defineConnector({ type: 'relay', accepts: ['logs'], emits: 'logs', create: absent }),
  defineExporter({
    type: 'webhook',
    config: Type.Object({
      url: Type.String({ description: 'Where to post.' }),
      token: Type.Optional(Secret({ description: 'Bearer token.' })),
      headers: Type.Record(Type.String(), Type.String(), { description: 'Headers.', default: {} }),
      verify: Type.Boolean({ description: 'Check the certificate.', default: true }),
      retries: Type.Integer({ description: 'Attempts.', default: 3, minimum: 0 }),
      mode: OneOf(['fast', 'safe'], { description: 'Mode.', default: 'safe' }),
      threshold: Type.Union([Type.Number(), Type.String()], { description: 'A number, or a percentage.', default: 1 }),
      sink: Type.Optional(
        Type.Union([
          Type.Object({ kind: Type.Literal('tcp'), port: Type.Integer() }, { additionalProperties: false }),
          Type.Object({ kind: Type.Literal('file'), path: Type.String() }, { additionalProperties: false }),
        ]),
      ),
    }),
    create: absent,
  }),
  defineProcessor({
    type: 'rewrite',
    config: Type.Object({
      steps: Type.Array(
        Type.Object(
          {
            set: Type.Optional(FieldTarget({ description: 'A field.' })),
            value: Type.Optional(Expression({ description: 'Its value.' })),
            delete: Type.Optional(FieldTarget({ description: 'A field.' })),
          },
          {
            additionalProperties: false,
            oneOf: [{ required: ['set'] }, { required: ['delete'] }],
            dependencies: { set: ['value'] },
          },
        ),
        { description: 'What is done.' },
      ),
    }),
    create: absent,
  }),
  defineConnector({
    type: 'switch',
    accepts: ['logs'],
    emits: 'logs',
    config: Type.Object({
      pipelines: Type.Array(PipelineReference({ description: 'A pipeline.' }), { description: 'Where to.' }),
    }),
    create: absent,
  }),
]) {
  registry.add(definition, { packageName: '@weir/test', version: '1.0.0', entry: 'file:///test.js' })
}

const folder = join(import.meta.dirname, 'testdata', 'broken')
const names = readdirSync(folder).filter((name) => !name.endsWith('.txt'))

describe('a broken config', () => {
  it.each(names)('%s is explained', async (name) => {
    const source = await loadConfig({
      cwd: folder,
      files: [name],
      env: { TOKEN: 'hunter2', APP_LOGS: 'x', RETRIES: '-3' },
    })
    const { plan, diagnostics } = checkConfig(source, registry)
    const text = formatDiagnostics(diagnostics, { color: false })
    expect(plan).toBeUndefined()
    expect(text).not.toContain('hunter2')
    await expect(`${text}\n`).toMatchFileSnapshot(join(folder, `${basename(name)}.txt`))
  })
})
