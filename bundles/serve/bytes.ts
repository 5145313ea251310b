// Answers of bytes: those of an entry of the bundle, whole or a range of them, and those at hand.
import { digestOf } from '../../lib/hash.ts'
import type { ContentsEntry } from '../format/statement.ts'

export interface Asked {
  method: string
  /** Path and query, as in the request line. */
  target: string
  /** As node:http gives them, names in lower case. */
  headers: { range?: string | undefined; 'if-range'?: string | undefined; 'if-none-match'?: string | undefined }
}

export interface Answer {
  status: number
  headers: Record<string, string>
  /** Bytes at hand, or bytes `start` to `end` (inclusive) of an entry of the bundle. */
  body: Buffer | { entry: ContentsEntry; start: number; end: number }
}

/**
 * An entry, or the one range of it that is asked for (RFC 9110 section 14): resuming clients ask `bytes=N-`. Its digest is its ETag: with
 * If-Range of anything else, a date too, all of it is sent, and who has it hears so (If-None-Match).
 */
export function entryAnswer(entry: ContentsEntry, mediaType: string, digest: string, asked: Asked['headers']): Answer {
  const etag = `"${digest}"`
  const headers = {
    'content-type': mediaType,
    'docker-content-digest': digest,
    etag,
    'accept-ranges': 'bytes',
    'cache-control': 'max-age=31536000',
  }
  if (isKnown(etag, asked)) return { status: 304, headers, body: Buffer.alloc(0) }
  const whole = {
    status: 200,
    headers: { ...headers, 'content-length': `${entry.size}` },
    body: { entry, start: 0, end: entry.size - 1 },
  }
  const ifRange = asked['if-range']
  const range = ifRange === undefined || ifRange === etag ? asked.range : undefined
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

/** Bytes that were made here, whole: they may be others when another bundle is served. */
export function smallAnswer(body: Buffer, mediaType: string, asked: Asked['headers']): Answer {
  const headers = { 'content-type': mediaType, etag: `"${digestOf(body)}"`, 'cache-control': 'no-cache' }
  if (isKnown(headers.etag, asked)) return { status: 304, headers, body: Buffer.alloc(0) }
  return { status: 200, headers: { ...headers, 'content-length': `${body.length}` }, body }
}

function isKnown(etag: string, asked: Asked['headers']): boolean {
  return (asked['if-none-match'] ?? '').split(/\s*,\s*/).includes(etag)
}

/** A refusal in the words of registries (distribution specification, error codes). */
export function refuse(status: number, code: string, message: string): Answer {
  return json(status, { errors: [{ code, message }] })
}

/** A small document. */
export function json(status: number, value: object): Answer {
  const body = Buffer.from(JSON.stringify(value))
  return { status, headers: { 'content-type': 'application/json', 'content-length': `${body.length}` }, body }
}
