// What stands at a URL, asked for as registries are: the same trust, proxies, mirrors, credentials and patience.
import type { BlobSource } from '../registry/blob.ts'
import { askSmall, type Client } from '../registry/client.ts'

/** A URL as a place that blobs come from. */
export function urlSource(url: URL): Required<BlobSource> {
  return { registry: url.host, repository: '', path: url.href }
}

/** Reads what stands at a URL whole. Throws `failed` when it is not there, or has more than `limit` bytes. */
export async function askUrl(client: Client, url: URL, limit: number): Promise<Buffer> {
  return (await askSmall(client, urlSource(url), limit)).body
}
