// Files that their makers publish with a checksum: official binaries, archives.
import type { LockedRelease } from '../../cluster/lock.ts'
import type { ReleaseSpec } from '../../cluster/spec-bundle.ts'
import { fail } from '../../lib/errors.ts'
import type { Cache } from '../cache.ts'
import { fetchBlob } from '../registry/blob.ts'
import type { Client } from '../registry/client.ts'
import { askUrl, sizeOfUrl, urlSource } from './url.ts'

/** A release that is to be carried, and where it is named. */
export interface WantedRelease extends ReleaseSpec {
  name: string
  where: string
}

/** Bytes of the largest checksum file. */
const checksumLimit = 4 << 20

/** What a release is now, by its published checksum; nothing of it is fetched yet. Throws `failed` for one without a checksum. */
export async function resolveRelease(client: Client, wanted: WantedRelease): Promise<LockedRelease> {
  const { name, url, sha256, where } = wanted
  const published = sha256.startsWith('http')
    ? checksumIn((await askUrl(client, new URL(sha256), checksumLimit)).toString('utf8'), fileOf(url))
    : sha256
  const hex = published ?? fail('failed', `${sha256} has no SHA-256 of ${fileOf(url)}`, { where, hint: checksumHint })
  return { name, url, digest: `sha256:${hex}`, size: await sizeOfUrl(client, new URL(url)) }
}

const checksumHint = 'Expected lines as sha256sum writes them, or one checksum alone.'

/** Fetches a release into the cache, on from where it stopped. Throws `integrity` when it is not what its checksum says. */
export async function collectRelease(
  client: Client,
  cache: Cache,
  release: LockedRelease,
  onBytes: (count: number) => void,
): Promise<void> {
  await fetchBlob(client, cache, [urlSource(new URL(release.url))], release, onBytes)
}

/** The end of a URL's path, as a name of a file; undefined when it is none. */
export function fileOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '')
}

/**
 * The SHA-256 of `file` in a checksum file: `HEX  FILE` and `HEX *FILE` (sha256sum), `SHA256 (FILE) = HEX` (BSD), or one checksum alone.
 * Folders before the name do not count. Undefined when there is none, or two that differ.
 */
export function checksumIn(text: string, file: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim())
  const said = lines.filter(Boolean)
  const alone = said.length === 1 ? /^[0-9a-fA-F]{64}$/.exec(said[0] ?? '')?.[0] : undefined
  if (alone) return alone.toLowerCase()
  const found = said.flatMap((line) => {
    const [, hex, name] = /^([0-9a-fA-F]{64})[ \t]+\*?(.+)$/.exec(line) ?? []
    const [, bsdName, bsdHex] = /^SHA256 \((.+)\) = ([0-9a-fA-F]{64})$/.exec(line) ?? []
    return (name ?? bsdName)?.split('/').at(-1) === file ? [(hex ?? bsdHex ?? '').toLowerCase()] : []
  })
  return new Set(found).size === 1 ? found[0] : undefined
}
