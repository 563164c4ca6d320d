import { WeirError } from '@weir/sdk'

export const unknownEncoding = (encoding: string): WeirError =>
  new WeirError(`encoding: "${encoding}" is not known`, {
    code: 'WEIR_FILE_ENCODING',
    hint: 'write utf-8, utf-16le, utf-16be, latin1, windows-1252, shift_jis, gb18030, big5, euc-kr or another name of the WHATWG list',
  })

export const badOrder = (what: string): WeirError =>
  new WeirError(`ordering_criteria: ${what}`, {
    code: 'WEIR_FILE_ORDER',
    hint: 'for example regex: \'app-(?<day>\\d{8})\\.log$\' with sort_by: [{ sort_type: timestamp, regex_key: day, layout: "%Y%m%d" }]',
  })

export const deletesUnread = (): WeirError =>
  new WeirError('delete_after_read would delete what start_at: end leaves unread', {
    code: 'WEIR_FILE_DELETE_UNREAD',
    hint: 'set start_at: beginning',
  })

export const noOwnerOnWindows = (): WeirError =>
  new WeirError(
    'include_file_owner_name, include_file_owner_group_name and include_file_permissions do not exist on Windows',
    { code: 'WEIR_FILE_OWNER', hint: 'leave them out' },
  )
