/** What people call a field in a sentence: `duration`, not `attributes.duration`. */
export const fieldName = (path: string): string => path.replace(/^(?:attributes|resource)\./, '')
