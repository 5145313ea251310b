// What stands at a URL, asked for as registries are: the same trust, proxies, mirrors, credentials and patience.

import { fail } from '../../lib/errors.ts'
import type { BlobSource } from '../registry/blob.ts'
import { askSmall, type Client, Refused } from '../registry/client.ts'
import { retrying } from '../registry/retry.ts'

/** A URL as a place that blobs come from. */
export function urlSource(url: URL): Required<BlobSource> {
  return { registry: url.host, repository: '', path: url.href }
}

/** Reads what stands at a URL whole. Throws `failed` when it is not there, or has more than `limit` bytes. */
export async function askUrl(client: Client, url: URL, limit: number): Promise<Buffer> {
  return (await askSmall(client, urlSource(url), limit)).body
}

/** How many bytes stand at a URL: by HEAD, or, where that says nothing, by asking for the first. Throws `failed` when nobody says it. */
export async function sizeOfUrl(client: Client, url: URL): Promise<number> {
  const source = urlSource(url)
  return await retrying(url.href, client.retry, async () => {
    const head = await client.pull({ ...source, method: 'HEAD' }).catch((error) => {
      // Some stores sign URLs for GET alone.
      if (error instanceof Refused && error.status !== 404) return undefined
      throw error
    })
    head?.resume()
    const said = head?.headers['content-length']
    if (said !== undefined) return Number(said)
    const answer = await client.pull({ ...source, headers: { range: 'bytes=0-0' } })
    answer.destroy()
    const whole = answer.statusCode === 206 ? /\/(\d+)$/.exec(answer.headers['content-range'] ?? '')?.[1] : undefined
    const size = whole ?? (answer.statusCode === 200 ? answer.headers['content-length'] : undefined)
    return size === undefined
      ? fail('failed', 'does not say how many bytes it has', { where: url.href, hint: 'Carry it with `files`.' })
      : Number(size)
  })
}
