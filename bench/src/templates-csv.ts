/** Rows of a CSV text (RFC 4180): quoted fields, doubled quotes, line breaks in quotes, CRLF, a byte order mark. */
export function* csvRows(text: string): Generator<string[]> {
  let row: string[] = []
  let at = text.startsWith('\ufeff') ? 1 : 0
  while (at < text.length) {
    let field = ''
    if (text[at] === '"') {
      at++
      for (;;) {
        const quote = text.indexOf('"', at)
        if (quote < 0) throw new SyntaxError('a quoted field has no end')
        field += text.slice(at, quote)
        at = quote + 1
        if (text[at] !== '"') break
        field += '"'
        at++
      }
    }
    // What follows a closing quote belongs to the field, as most readers have it.
    let end = at
    while (end < text.length && text[end] !== ',' && text[end] !== '\n') end++
    field += text.slice(at, end)
    const endsRow = text[end] !== ','
    row.push(endsRow && field.endsWith('\r') ? field.slice(0, -1) : field)
    at = end + 1
    if (!endsRow && at < text.length) continue
    if (!endsRow) row.push('')
    if (row.length > 1 || row[0] !== '') yield row
    row = []
  }
}
