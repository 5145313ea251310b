// One blob into a registry: in one go, or so that it goes on where it stopped (OCI distribution specification v1.1, Push).
import type { IncomingMessage } from 'node:http'
import { RedoubtError } from '../../lib/errors.ts'
import type { ContentsEntry } from '../format/statement.ts'
import { type BundleHead, readChecked } from '../read.ts'
import { Refused } from '../registry/client.ts'
import { discard } from '../registry/http.ts'
import { type Retry, retrying } from '../registry/retry.ts'
import type { Ask } from './push.ts'
import { forgetUpload, noteUpload, recallUpload, type Uploads } from './uploads.ts'

const binary = { 'content-type': 'application/octet-stream' }

/** An upload's name, and where it is noted. */
interface Noted {
  uploads: Uploads
  key: string
}

/** Sends a whole blob to the place that a POST was answered with; returns how many bytes. */
export async function sendWhole(ask: Ask, head: BundleHead, entry: ContentsEntry, place: string): Promise<number> {
  const headers = { ...binary, 'content-length': `${entry.size}` }
  discard(await ask({ path: closing(place, entry), method: 'PUT', headers, body: readChecked(head, entry) }))
  return entry.size
}

/**
 * Sends what the registry lacks of a blob, and notes the place, so that this or another process can go on there. `key` names blob and
 * repository. An upload that is refused, or of damaged bytes, is forgotten: the next begins anew. Returns how many bytes were sent.
 */
export async function sendRest(
  ask: Ask,
  head: BundleHead,
  entry: ContentsEntry,
  upload: { place: string; have: number },
  { uploads, key }: Noted,
): Promise<number> {
  try {
    await noteUpload(uploads, key, upload.place)
    let { place } = upload
    if (upload.have < entry.size) {
      const range = upload.have > 0 ? { 'content-range': `${upload.have}-${entry.size - 1}` } : {}
      const headers = { ...binary, ...range, 'content-length': `${entry.size - upload.have}` }
      const answer = await ask({ path: place, method: 'PATCH', headers, body: bytesFrom(head, entry, upload.have) })
      discard(answer)
      place = placeIn(answer) ?? place
    }
    discard(await ask({ path: closing(place, entry), method: 'PUT', headers: { 'content-length': '0' } }))
  } catch (error) {
    if (error instanceof Refused || (error instanceof RedoubtError && error.code === 'integrity'))
      await forgetUpload(uploads, key)
    throw error
  }
  await forgetUpload(uploads, key)
  return entry.size - upload.have
}

/** Under which name an upload is noted, if the blob is large enough for that. */
export function notedAs(uploads: Uploads | undefined, place: string, { size }: ContentsEntry): Noted | undefined {
  return uploads && size >= uploads.least ? { uploads, key: place } : undefined
}

/**
 * The upload that was noted, as far as the registry still knows it: how many bytes it has. Undefined also where nobody can say it: its place may be
 * a host that is gone, and the blob is then sent anew.
 */
export async function stopped(
  ask: Ask,
  { size }: ContentsEntry,
  { uploads, key }: Noted,
  retry: Retry,
): Promise<{ place: string; have: number } | undefined> {
  const noted = await recallUpload(uploads, key)
  if (!noted) return undefined
  try {
    const answer = await retrying(key, retry, () => ask({ path: noted }))
    discard(answer)
    const have = Number(/^(?:bytes=)?0-(\d+)$/.exec(answer.headers.range ?? '')?.[1] ?? 0) + 1
    // `0-0` is nothing, or one byte: begun anew either way.
    return have > 1 && have <= size ? { place: placeIn(answer) ?? noted, have } : undefined
  } catch (error) {
    if (error instanceof RedoubtError) return undefined
    throw error
  }
}

/** Where a registry says that an upload goes on. */
export function placeIn({ headers: { location } }: IncomingMessage): string | undefined {
  return location && URL.canParse(location, 'http://x') ? location : undefined
}

function closing(place: string, { sha256 }: ContentsEntry): string {
  return `${place}${place.includes('?') ? '&' : '?'}digest=${encodeURIComponent(`sha256:${sha256}`)}`
}

/** The bytes of an entry from `start` on; those before are hashed all the same. */
async function* bytesFrom(head: BundleHead, entry: ContentsEntry, start: number): AsyncGenerator<Buffer> {
  let done = 0
  for await (const chunk of readChecked(head, entry)) {
    if (done + chunk.length > start) yield chunk.subarray(Math.max(0, start - done))
    done += chunk.length
  }
}
