import { describe, expect, it } from 'vitest'
import type { DrawnPipeline } from './graph-drawing.ts'
import { graphMermaid } from './graph-mermaid.ts'
import { graphSvg } from './graph-svg.ts'
import { graphText } from './graph-text.ts'

const node = (kind: 'receiver' | 'connector' | 'processor' | 'exporter', id: string, label = '') => ({
  kind,
  id,
  label,
})
const planned: DrawnPipeline[] = [
  {
    name: 'logs',
    columns: [
      [node('receiver', 'file'), node('receiver', 'syslog')],
      [node('processor', 'anomaly')],
      [node('exporter', 'archive')],
    ],
  },
  {
    name: 'alerts',
    columns: [[node('connector', 'anomaly')], [node('exporter', 'console'), node('exporter', 'webhook')]],
  },
]
const live: DrawnPipeline[] = [
  {
    name: 'logs',
    columns: [
      [node('receiver', 'file', '1,200/s'), node('receiver', 'syslog', '0.5/s')],
      [node('processor', 'anomaly', '1,200/s')],
      [
        node('exporter', 'archive', '1,200/s'),
        { ...node('exporter', 'webhook', '1,200/s · 900 waiting (93 %) · pausing'), fill: 0.93 },
      ],
    ],
  },
]

describe('a drawing as text', () => {
  it('has a line for each way', () => {
    expect(graphText(planned)).toBe(
      [
        'logs',
        '  file   ──▶ anomaly ──▶ archive',
        '  syslog ──┘',
        '',
        'alerts',
        '  anomaly ──▶ console',
        '          ├─▶ webhook',
        '',
      ].join('\n'),
    )
  })

  it('tells on its edges what passes and what waits', () => {
    expect(graphText(live)).toBe(
      [
        'logs',
        '  file   ── 1,200/s ──▶ anomaly ── 1,200/s ─────────────────────────────────▶ archive',
        '  syslog ── 0.5/s ────┘         ├─ 1,200/s · 900 waiting (93 %) · pausing ──▶ webhook',
        '',
      ].join('\n'),
    )
  })
})

describe('a drawing as Mermaid', () => {
  it('has labels, and tells apart what its notation cannot', () => {
    expect(graphMermaid(live)).toContain(
      'p_anomaly["anomaly"] -->|"1,200/s · 900 waiting (93 %) · pausing"| e_webhook["webhook"]',
    )
    const alike = graphMermaid([
      {
        name: 'logs',
        columns: [[node('receiver', 'file/a-b')], [node('exporter', 'file/a'), node('exporter', 'file_a')]],
      },
    ])
    expect(alike).toContain('e_file_a["file/a"] & e_file_a_2["file_a"]')
    expect(graphMermaid([{ name: 'logs', columns: [[node('receiver', 'a"<b>')], [node('exporter', 'c')]] }])).toContain(
      '"a#34;#60;b#62;"',
    )
  })
})

describe('a drawing as SVG', () => {
  it('has every component as a box, every way as a line, and what connects pipelines as a dotted one', () => {
    const svg = graphSvg(planned)
    expect(svg.match(/<rect class="box /g)).toHaveLength(7)
    expect(svg.match(/<path class="edge"/g)).toHaveLength(5)
    expect(svg.match(/<path class="link"/g)).toHaveLength(1)
    expect(svg).not.toMatch(/NaN|undefined|href|<script|@import|url\((?!#arrow\))/)
  })

  it('shows rates, and how full the queues are', () => {
    const svg = graphSvg(live)
    expect(svg).toContain('>1,200/s · 900 waiting (93 %) · pausing</text>')
    expect(svg.match(/<rect class="full"/g)).toHaveLength(1)
  })

  it('takes names for nothing but text', () => {
    const svg = graphSvg([
      {
        name: 'logs/<x>',
        columns: [[node('receiver', `a"'&<script>alert(1)</script>\u001b[31m\u0000`)], [node('exporter', 'b')]],
      },
    ])
    expect(svg).toContain('>a&quot;&#39;&amp;&lt;script&gt;alert(1)&lt;/script&gt;␀</text>')
    expect(svg).toContain('>logs/&lt;x&gt;</text>')
    expect(svg).not.toContain('<script')
  })

  it('of nothing is empty, and still an image', () => {
    expect(graphSvg([])).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="-?\d+"/)
  })
})
