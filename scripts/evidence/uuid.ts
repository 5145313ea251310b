import { createHash } from 'node:crypto'

/** The name space for URLs of RFC 9562, 6.6. */
const urls = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex')

/** A UUID of version 5 (RFC 9562, 5.5) made from words: the same results get the same ids. */
export function uuidOf(...words: readonly string[]): string {
  const name = `https://redoubt.dev/evidence/${words.map(encodeURIComponent).join('/')}`
  const hash = createHash('sha1').update(urls).update(name).digest().subarray(0, 16)
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6)
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8)
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
