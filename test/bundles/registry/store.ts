// A registry in memory that is in order: manifests by tag and digest, blobs with ranges, referrers in pages.
import type { ServerResponse } from 'node:http'
import { digestOf } from '../../../lib/hash.ts'
import type { Answer, Asked } from './fake.ts'

export interface Content {
  /** By tag or digest: bytes and media type. */
  manifests: Map<string, { bytes: Buffer; type: string }>
  blobs: Map<string, Buffer>
  /** Descriptors by the digest that they refer to. */
  referrers: Map<string, object[]>
}

/** An empty registry. */
export function emptyContent(): Content {
  return { manifests: new Map(), blobs: new Map(), referrers: new Map() }
}

/** Puts a manifest in, by digest and under each tag; returns its descriptor. */
export function putManifest(content: Content, value: object | Buffer, type: string, ...tags: string[]) {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))
  for (const name of [digestOf(bytes), ...tags]) content.manifests.set(name, { bytes, type })
  return { mediaType: type, digest: digestOf(bytes), size: bytes.length }
}

/** Puts a blob in; returns its descriptor. */
export function putBlob(content: Content, bytes: Buffer, mediaType: string) {
  content.blobs.set(digestOf(bytes), bytes)
  return { mediaType, digest: digestOf(bytes), size: bytes.length }
}

/** Answers of one repository, whatever its name, that takes what is pushed; `pageSize` referrers to a page. */
export function answersOf(content: Content, pageSize = 1000): Answer {
  return async (asked, response, body) => {
    if (!['GET', 'HEAD'].includes(asked.method)) return take(content, asked, response, await body())
    const { path, headers } = asked
    const url = new URL(path, 'http://x')
    const [, what, name = ''] = /\/(manifests|blobs|referrers)\/([^/]+)$/.exec(url.pathname) ?? []
    const manifest = what === 'manifests' ? content.manifests.get(name) : undefined
    if (manifest) return void response.writeHead(200, { 'content-type': manifest.type }).end(manifest.bytes)
    const blob = what === 'blobs' ? content.blobs.get(name) : undefined
    if (blob) {
      const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
      if (start > 0) response.writeHead(206, { 'content-range': `bytes ${start}-${blob.length - 1}/${blob.length}` })
      return void response.end(blob.subarray(start))
    }
    if (what !== 'referrers') return void response.writeHead(404).end()
    const all = content.referrers.get(name) ?? []
    const from = Number(url.searchParams.get('from') ?? 0)
    if (from + pageSize < all.length)
      response.setHeader('link', `<https://elsewhere.example${url.pathname}?from=${from + pageSize}>; rel="next"`)
    const manifests = all.slice(from, from + pageSize)
    response.end(JSON.stringify({ schemaVersion: 2, manifests }))
  }
}

/** Pushes: blobs in one piece after a POST, or mounted; manifests with their type (distribution-spec, "Push"). */
function take(content: Content, { method, path, headers }: Asked, response: ServerResponse, bytes: Buffer): void {
  const url = new URL(path, 'http://x')
  const [, name] = /\/manifests\/([^/]+)$/.exec(url.pathname) ?? []
  const digest = url.searchParams.get('digest')
  const known = content.blobs.has(url.searchParams.get('mount') ?? '')
  if (method === 'POST' && !known)
    return void response.writeHead(202, { location: `http://${headers.host}${url.pathname}1` }).end()
  if (method === 'PUT' && name) putManifest(content, bytes, headers['content-type'] ?? '', name)
  else if (method === 'PUT' && digest === digestOf(bytes)) content.blobs.set(digest, bytes)
  else if (!known) return void response.writeHead(400).end()
  response.writeHead(201).end()
}
