import { WeirError } from '@weir/sdk'

export const unknownEncoding = (encoding: string): WeirError =>
  new WeirError(`encoding: "${encoding}" is not known`, {
    code: 'WEIR_FILE_ENCODING',
    hint: 'write utf-8, utf-16le, utf-16be, latin1, windows-1252, shift_jis, gb18030, big5, euc-kr or another name of the WHATWG list',
  })
