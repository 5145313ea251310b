import type { KubeObject } from '../../../cluster/objects.ts'

/** What the API server itself keeps in metadata. */
const kept = ['managedFields', 'resourceVersion', 'generation', 'uid', 'creationTimestamp', 'selfLink']

/**
 * The dotted paths at which `would` (the answer of a dry-run apply) differs from `live`, at most `most`; what the server keeps for itself
 * and `status` are left out. Empty: applying it changes nothing.
 */
export function objectChanges(live: KubeObject, would: KubeObject, most = 3): string[] {
  const found: string[] = []
  compare(strip(live), strip(would), '', found)
  return found.length > most ? [...found.slice(0, most), `${found.length - most} more`] : found
}

function strip(object: KubeObject): unknown {
  const { status: _, ...rest } = object
  const metadata = Object.fromEntries(Object.entries(object.metadata).filter(([key]) => !kept.includes(key)))
  return { ...rest, metadata }
}

function compare(a: unknown, b: unknown, path: string, found: string[]): void {
  if (a === b) return
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length)
    for (const [index, item] of a.entries()) compare(item, b[index], `${path}[${index}]`, found)
  else if (isRecord(a) && isRecord(b))
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      compare(a[key], b[key], path ? `${path}.${key}` : key, found)
  else found.push(path)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
