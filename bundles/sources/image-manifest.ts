// A manifest of a registry: asked for once, then the cache has it.
import { readFile } from 'node:fs/promises'
import { fail } from '../../lib/errors.ts'
import { writeAtomic } from '../../lib/files.ts'
import { digestOf } from '../../lib/hash.ts'
import { type Cache, cachedPath, isCached } from '../cache.ts'
import { askSmall, type Client } from '../registry/client.ts'
import { acceptManifests, type Descriptor, type Manifest, manifestLimit, parseManifest } from '../registry/manifest.ts'
import type { Reference } from '../registry/reference.ts'

export interface Found {
  descriptor: Descriptor
  manifest: Manifest
}

/**
 * Reads a manifest by tag, by digest or by descriptor; one that is known by digest and cached is not asked for. Throws `integrity` for one
 * of another digest, and as parseManifest does.
 */
export async function readManifest(
  client: Client,
  cache: Cache,
  { registry, repository }: Reference,
  what: string | Descriptor,
): Promise<Found> {
  const expected = typeof what === 'string' ? { digest: what } : what
  const place = `${registry}/${repository} ${expected.digest}`
  if (typeof what !== 'string' && (await isCached(cache, what))) {
    const body = await readFile(cachedPath(cache, what.digest))
    if (digestOf(body) === what.digest)
      return { descriptor: what, manifest: parseManifest(body, what.mediaType, place) }
  }
  const question = { registry, repository, path: `manifests/${expected.digest}`, headers: { accept: acceptManifests } }
  const { answer, body } = await askSmall(client, question, manifestLimit)
  const digest = digestOf(body)
  const wrong = (typeof what !== 'string' && body.length !== what.size) || digest !== expected.digest
  if ((typeof what !== 'string' || what.startsWith('sha256:')) && wrong)
    fail('integrity', `answers a manifest of ${digest}`, {
      where: place,
      hint: 'The registry, or something before it, changes what it sends.',
    })
  const sent = (answer.headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''
  // What the index says is as signed as the digest; the header is not.
  const mediaType = typeof what === 'string' ? sent : what.mediaType
  const manifest = parseManifest(body, mediaType, place)
  await writeAtomic(cachedPath(cache, digest), body)
  return { descriptor: { mediaType, digest, size: body.length }, manifest }
}
