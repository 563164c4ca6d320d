import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')

it('raises the alerts of the incident when it happens, no others, and says when they are over', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-quickstart-'))
  try {
    const out = join(folder, 'alerts.ndjson')
    const alertsToFile = {
      exporters: { file: { path: out } },
      service: { pipelines: { alerts: { exporters: ['file', 'console'] } } },
    }
    writeFileSync(join(folder, 'file.json'), JSON.stringify(alertsToFile))
    const run = spawnSync(process.execPath, [main, 'run', '--once', 'weir.yaml', join(folder, 'file.json')], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    })
    expect(run).toMatchObject({ status: 0, stderr: '' })
    expect(run.stdout).toMatch(/records +16,7\d\d .*\n +parse failures +0\n +alerts +4 \(2 critical, 2 warning\)/)

    const alerts = readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map(({ time, body, severityText, attributes }) => ({
        at: time.slice(11, 19),
        rule: attributes['alert.rule'],
        severity: severityText,
        state: attributes['alert.state'],
        title: body,
      }))
    expect(alerts.filter(({ state }) => state === 'firing')).toMatchObject([
      { at: '10:58:00', rule: 'new_pattern', severity: 'warning', title: expect.stringContaining('charge for order') },
      { at: '10:58:20', rule: 'error_rate', severity: 'critical', title: 'error rate 10 % (usually 0.8 %)' },
      { at: '11:00:17', rule: 'new_pattern', severity: 'critical', title: expect.stringContaining('pool exhausted') },
      { at: '11:20:40', rule: 'rate', severity: 'warning', title: expect.stringMatching(/^rate fell to \d\d records/) },
    ])
    expect(alerts.filter(({ state }) => state === 'resolved')).toHaveLength(4)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
