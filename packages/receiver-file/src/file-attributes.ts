import { realpath } from 'node:fs/promises'
import { basename } from 'node:path'
import { type AttributeMap, type AttributeValue, attributeMap } from '@weir/sdk'
import type { FileConfig } from './config.ts'

/** The attributes that every record of a file has. */
export async function fileAttributes(path: string, config: FileConfig): Promise<AttributeMap> {
  const entries: [string, AttributeValue][] = []
  if (config.include_file_name) entries.push(['log.file.name', basename(path)])
  if (config.include_file_path) entries.push(['log.file.path', path])
  if (config.include_file_name_resolved || config.include_file_path_resolved) {
    const resolved = await realpath(path).catch(() => path)
    if (config.include_file_name_resolved) entries.push(['log.file.name_resolved', basename(resolved)])
    if (config.include_file_path_resolved) entries.push(['log.file.path_resolved', resolved])
  }
  return attributeMap(entries)
}
