// What a served bundle answers: a registry under /v2/, and beside it the plain files of the site.
import { type Answer, type Asked, entryAnswer, json, refuse, smallAnswer } from './bytes.ts'
import { registryAnswer } from './registry.ts'
import type { Served } from './repositories.ts'
import type { Site } from './site.ts'

/** Never throws: what it does not understand is 404, what would write is 405. */
export function answer(served: Served, site: Site, { method, target, headers }: Asked): Answer {
  if (method !== 'GET' && method !== 'HEAD')
    return refuse(405, 'UNSUPPORTED', 'this is a signed bundle: nothing can be written')
  const url = URL.canParse(target, 'http://site') ? new URL(target, 'http://site') : undefined
  const path = url?.pathname ?? ''
  if (/^\/v2(\/|$)/.test(path)) return registryAnswer(served, path, url?.searchParams ?? new URLSearchParams(), headers)
  if (path === '/healthz') return json(200, { status: 'ok' })
  const item = site.get(decoded(path))
  if (!item) return refuse(404, 'NAME_UNKNOWN', 'the bundle has nothing of this name; / lists what there is')
  if ('bytes' in item) return smallAnswer(item.bytes, item.type, headers)
  return entryAnswer(item.entry, item.type, `sha256:${item.entry.sha256}`, headers)
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
