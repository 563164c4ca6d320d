import { realpath, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { type AttributeMap, type AttributeValue, attributeMap } from '@weir/sdk'
import { groupNames, userNames } from './account-names.ts'
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
  if (ownerKey(config) !== undefined) entries.push(...(await ownership(path, config)))
  return attributeMap(entries)
}

/** The key that asks who may do what with the file, if one does: Windows has nothing of the kind. */
export const ownerKey = (config: FileConfig) =>
  (['include_file_owner_name', 'include_file_owner_group_name', 'include_file_permissions'] as const).find(
    (key) => config[key],
  )

async function ownership(path: string, config: FileConfig): Promise<[string, AttributeValue][]> {
  const stats = await stat(path).catch(() => undefined)
  if (stats === undefined) return []
  const entries: [string, AttributeValue][] = []
  if (config.include_file_owner_name) entries.push(['log.file.owner.name', await userNames.of(stats.uid)])
  if (config.include_file_owner_group_name) {
    entries.push(['log.file.owner.group.name', await groupNames.of(stats.gid)])
  }
  if (config.include_file_permissions) {
    entries.push(['log.file.permissions', (stats.mode & 0o777).toString(8).padStart(3, '0')])
  }
  return entries
}
