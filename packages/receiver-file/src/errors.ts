import { WeirError } from '@weir/sdk'

export const unknownEncoding = (encoding: string): WeirError =>
  new WeirError(`the encoding "${encoding}" is not known`, {
    code: 'WEIR_FILE_ENCODING',
    configPath: ['encoding'],
    hint: 'write utf-8, utf-16le, utf-16be, latin1, windows-1252, shift_jis, gb18030, big5, euc-kr or another name of the WHATWG list',
  })

export const badOrder = (key: string, what: string): WeirError =>
  new WeirError(what, {
    code: 'WEIR_FILE_ORDER',
    configPath: [key],
    hint: 'for example regex: \'app-(?<day>\\d{8})\\.log$\' with sort_by: [{ sort_type: timestamp, regex_key: day, layout: "%Y%m%d" }]',
  })

export const deletesUnread = (): WeirError =>
  new WeirError('delete_after_read would delete what start_at: end leaves unread', {
    code: 'WEIR_FILE_DELETE_UNREAD',
    configPath: ['delete_after_read'],
    hint: 'set start_at: beginning',
  })

export const noOwnerOnWindows = (key: string): WeirError =>
  new WeirError(`${key} does not exist on Windows`, {
    code: 'WEIR_FILE_OWNER',
    hint: 'leave it out',
    configPath: [key],
  })
