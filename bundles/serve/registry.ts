// A read-only registry, as the OCI distribution specification v1.1 says: what is asked, and what is answered.
import { oci } from '../format/names.ts'
import { type Answer, type Asked, entryAnswer, json, refuse } from './bytes.ts'
import type { Repository, Served, ServedManifest } from './repositories.ts'

/** What a registry answers from a bundle. Never throws: what it does not understand is 404. */
export function registryAnswer(served: Served, path: string, query: URLSearchParams, asked: Asked['headers']): Answer {
  if (path === '/v2/' || path === '/v2') return json(200, {})
  if (path === '/v2/_catalog') return page(path, 'repositories', [...served.repositories.keys()].sort(), query)
  const [, name = '', what = '', reference = ''] =
    /^\/v2\/([a-z0-9._/-]{1,255})\/(manifests|blobs|tags|referrers)\/([\w.:+-]{1,200})$/.exec(path) ?? []
  const repository = repositoryOf(served, name, query.get('ns'))
  if (!repository) return refuse(404, 'NAME_UNKNOWN', `the bundle has no ${name || path.slice(0, 100)}`)
  if (what === 'tags' && reference === 'list')
    return page(path, 'tags', [...repository.tags.keys()].sort(), query, { name })
  if (what === 'referrers') return referrers(repository, reference, query.get('artifactType'))
  if (what === 'manifests') return manifest(served, repository, reference, asked)
  const entry = served.blobs.get(reference)
  if (what !== 'blobs' || !entry) return refuse(404, 'BLOB_UNKNOWN', `the bundle has no ${reference}`)
  return entryAnswer(entry, 'application/octet-stream', reference, asked)
}

/**
 * A mirror's clients say the registry that they mean (`?ns=docker.io`, as containerd does) and give the path alone. Then it is that
 * registry's repository or none: another's of the same path is another image.
 */
function repositoryOf(served: Served, name: string, registry: string | null): Repository | undefined {
  if (!registry) return served.repositories.get(name)
  const place = `${registry.replace(':', '_')}/`
  return (
    served.repositories.get(`${place}${name}`) ?? (name.startsWith(place) ? served.repositories.get(name) : undefined)
  )
}

function manifest(served: Served, repository: Repository, reference: string, asked: Asked['headers']): Answer {
  const found = repository.manifests.get(repository.tags.get(reference) ?? reference)
  const entry = found && served.blobs.get(found.digest)
  if (!entry) return refuse(404, 'MANIFEST_UNKNOWN', `the bundle has no ${reference} of it`)
  return entryAnswer(entry, found.mediaType, found.digest, asked)
}

function referrers(repository: Repository, digest: string, type: string | null): Answer {
  const all = [...repository.manifests.values()].filter((entry) => entry.subject === digest)
  const manifests = all.filter((entry) => !type || entry.artifactType === type).map(descriptorOf)
  const index = { schemaVersion: 2, mediaType: oci.index, manifests }
  const answer = json(200, index)
  const filtered = type ? { 'oci-filters-applied': 'artifactType' } : {}
  return { ...answer, headers: { ...answer.headers, 'content-type': oci.index, ...filtered } }
}

function descriptorOf({ mediaType, digest, size, artifactType }: ServedManifest): object {
  return { mediaType, digest, size, ...(artifactType ? { artifactType } : {}) }
}

/**
 * A part of a list: `n` of them, after `last`, and with a link to the next part when there is one (distribution specification, listing
 * tags). What is no number is as if it were not there.
 */
function page(path: string, key: string, all: string[], query: URLSearchParams, also: object = {}): Answer {
  const last = query.get('last')
  const n = query.get('n') ?? ''
  const rest = all.filter((name) => !last || name > last)
  const part = rest.slice(0, /^\d{1,9}$/.test(n) ? Number(n) : rest.length)
  const answer = json(200, { ...also, [key]: part })
  const end = part.at(-1)
  if (end === undefined || part.length === rest.length) return answer
  const link = `<${path}?n=${n}&last=${encodeURIComponent(end)}>; rel="next"`
  return { ...answer, headers: { ...answer.headers, link } }
}
