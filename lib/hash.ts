import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** Lower-case hex SHA-256 of bytes or UTF-8 text. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** Lower-case hex SHA-256 of a file (or of bytes `start` to `end`, inclusive), streamed in 4 MiB reads. */
export async function sha256File(path: string, range: { start?: number; end?: number } = {}): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 4 << 20, ...range })) hash.update(chunk)
  return hash.digest('hex')
}

/** The digest of bytes as OCI writes it: `sha256:HEX` (image-spec descriptor.md). */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${sha256(bytes)}`
}

/** The hex of a digest `sha256:HEX`. */
export function hexOf(digest: string): string {
  return digest.replace('sha256:', '')
}
