import { type Notice, noticeLabel } from '@weir/sdk'
import { contextLine } from './context-line.ts'

const entities: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? character)

/** Edge and label, dark enough for white text on it. */
const colors = { info: '#2563eb', warning: '#b45309', critical: '#c81e4a' } as const
const resolvedColor = '#0f7a4f'

const font = 'font-family:-apple-system,BlinkMacSystemFont,Segoe UI,Roboto,Helvetica,Arial,sans-serif'
const mono = 'font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace'
// Long words, as log lines have them, must not make the mail wider than a phone.
const breaking = 'overflow-wrap:anywhere;word-break:break-word'

function factRow([name, value]: readonly [string, string]): string {
  const cell = `padding:3px 0;vertical-align:top;${breaking}`
  return `<tr><td style="${cell};width:38%;padding-right:12px;color:#5b6472">${escaped(name)}</td><td style="${cell}">${escaped(value)}</td></tr>`
}

function card(notice: Notice): string {
  const { title, facts, samples, isResolved, severity } = notice
  const color = isResolved ? resolvedColor : colors[severity]
  const context = contextLine(notice)
  const parts = [
    `<span style="display:inline-block;padding:2px 8px;border-radius:4px;background:${color};color:#ffffff;font-size:12px;font-weight:700;letter-spacing:.04em">${noticeLabel(notice)}</span>`,
    `<div style="margin-top:8px;font-size:18px;line-height:1.35;font-weight:600;${breaking}">${escaped(title)}</div>`,
    context === ''
      ? ''
      : `<div style="margin-top:4px;font-size:13px;color:#5b6472;${breaking}">${escaped(context)}</div>`,
    facts.length === 0
      ? ''
      : `<table role="presentation" cellpadding="0" cellspacing="0" style="width:100%;table-layout:fixed;border-collapse:collapse;margin-top:12px;font-size:15px;line-height:1.4">${facts.map(factRow).join('')}</table>`,
    samples.length === 0
      ? ''
      : `<pre style="margin:12px 0 0;padding:10px 12px;background:#f3f4f6;border-radius:6px;${mono};font-size:13px;line-height:1.45;color:#1f2937;white-space:pre-wrap;${breaking}">${escaped(samples.join('\n'))}</pre>`,
  ]
  return `<div style="margin:0 0 16px;padding:16px;background:#ffffff;border:1px solid #e2e5ea;border-left:5px solid ${color};border-radius:8px">${parts.join('')}</div>`
}

/** The part of a mail that is HTML: one column of cards, as wide as a phone or a page. It loads nothing. */
export function mailHtml(subject: string, notices: readonly Notice[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light"><title>${escaped(subject)}</title></head>
<body style="margin:0;padding:16px 12px;background:#f6f7f9;color:#1f2430;${font};-webkit-text-size-adjust:100%">
<div style="max-width:640px;margin:0 auto">
${notices.map(card).join('\n')}
</div>
</body></html>
`
}
