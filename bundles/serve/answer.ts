// A read-only registry, as the OCI distribution specification v1.1 says: what is asked, and what is answered.
import type { ContentsEntry } from '../format/statement.ts'
import type { Repository, Served, ServedManifest } from './repositories.ts'

export interface Asked {
  method: string
  /** Path and query, as in the request line. */
  target: string
  range?: string | undefined
}

export interface Answer {
  status: number
  headers: Record<string, string>
  /** Bytes at hand, or bytes `start` to `end` (inclusive) of an entry of the bundle. */
  body: Buffer | { entry: ContentsEntry; start: number; end: number }
}

/** What a registry answers from a bundle. Never throws: what it does not understand is 404, what would write is 405. */
export function answer(served: Served, { method, target, range }: Asked): Answer {
  if (method !== 'GET' && method !== 'HEAD')
    return refuse(405, 'UNSUPPORTED', 'this registry is a signed bundle: nothing can be written')
  const url = URL.canParse(target, 'http://registry') ? new URL(target, 'http://registry') : undefined
  const path = url?.pathname ?? ''
  if (path === '/v2/' || path === '/v2') return json(200, {})
  if (path === '/v2/_catalog') return json(200, page('repositories', [...served.repositories.keys()].sort(), url))
  const [, name = '', what = '', reference = ''] =
    /^\/v2\/([a-z0-9._/-]{1,255})\/(manifests|blobs|tags|referrers)\/([\w.:+-]{1,200})$/.exec(path) ?? []
  const repository = repositoryOf(served, name, url?.searchParams.get('ns'))
  if (!repository) return refuse(404, 'NAME_UNKNOWN', `the bundle has no ${name || path.slice(0, 100)}`)
  if (what === 'tags' && reference === 'list')
    return json(200, { name, ...page('tags', [...repository.tags.keys()].sort(), url) })
  if (what === 'referrers') return referrers(repository, reference, url?.searchParams.get('artifactType'))
  if (what === 'manifests') return manifest(served, repository, reference)
  const entry = served.blobs.get(reference)
  if (what !== 'blobs' || !entry) return refuse(404, 'BLOB_UNKNOWN', `the bundle has no ${reference}`)
  return bytes(entry, 'application/octet-stream', reference, range)
}

/**
 * A mirror's clients say the registry that they mean (`?ns=docker.io`, as containerd does) and give the path alone. Then it is that
 * registry's repository or none: another's of the same path is another image.
 */
function repositoryOf(served: Served, name: string, registry: string | null | undefined): Repository | undefined {
  if (!registry) return served.repositories.get(name)
  const place = `${registry.replace(':', '_')}/`
  return (
    served.repositories.get(`${place}${name}`) ?? (name.startsWith(place) ? served.repositories.get(name) : undefined)
  )
}

function manifest(served: Served, repository: Repository, reference: string): Answer {
  const found = repository.manifests.get(repository.tags.get(reference) ?? reference)
  const entry = found && served.blobs.get(found.digest)
  if (!entry) return refuse(404, 'MANIFEST_UNKNOWN', `the bundle has no ${reference} of it`)
  return bytes(entry, found.mediaType, found.digest)
}

function referrers(repository: Repository, digest: string, type: string | null | undefined): Answer {
  const all = [...repository.manifests.values()].filter((entry) => entry.subject === digest)
  const manifests = all.filter((entry) => !type || entry.artifactType === type).map(descriptorOf)
  const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests }
  const { body } = json(200, index)
  return {
    status: 200,
    headers: {
      ...lengthOf(body as Buffer, index.mediaType),
      ...(type ? { 'oci-filters-applied': 'artifactType' } : {}),
    },
    body,
  }
}

function descriptorOf({ mediaType, digest, size, artifactType }: ServedManifest): object {
  return { mediaType, digest, size, ...(artifactType ? { artifactType } : {}) }
}

/** An entry, or the one range of it that is asked for (RFC 9110 section 14): resuming clients ask `bytes=N-`. */
function bytes(entry: ContentsEntry, mediaType: string, digest: string, range?: string): Answer {
  const headers = {
    'content-type': mediaType,
    'docker-content-digest': digest,
    etag: `"${digest}"`,
    'accept-ranges': 'bytes',
    'cache-control': 'max-age=31536000',
  }
  const whole = {
    status: 200,
    headers: { ...headers, 'content-length': `${entry.size}` },
    body: { entry, start: 0, end: entry.size - 1 },
  }
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range ?? '') ?? []
  if (from === undefined || to === undefined || (from === '' && to === '')) return whole
  const start = from === '' ? Math.max(0, entry.size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? entry.size - 1 : Math.min(Number(to), entry.size - 1)
  if (start > end)
    return { ...refuse(416, 'RANGE_INVALID', 'nothing there'), headers: { 'content-range': `bytes */${entry.size}` } }
  return {
    status: 206,
    headers: {
      ...headers,
      'content-length': `${end - start + 1}`,
      'content-range': `bytes ${start}-${end}/${entry.size}`,
    },
    body: { entry, start, end },
  }
}

/** A part of a list: `n` of them, after `last`; what is no number is as if it were not there. */
function page(key: string, all: string[], url: URL | undefined): Record<string, string[]> {
  const last = url?.searchParams.get('last')
  const n = url?.searchParams.get('n') ?? ''
  const count = /^\d{1,9}$/.test(n) ? Number(n) : all.length
  return { [key]: all.filter((name) => !last || name > last).slice(0, count) }
}

function refuse(status: number, code: string, message: string): Answer {
  return json(status, { errors: [{ code, message }] })
}

function json(status: number, value: object): Answer {
  const body = Buffer.from(JSON.stringify(value))
  return { status, headers: lengthOf(body, 'application/json'), body }
}

function lengthOf(body: Buffer, mediaType: string): Record<string, string> {
  return { 'content-type': mediaType, 'content-length': `${body.length}` }
}
