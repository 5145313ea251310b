// An image, and a registry that has it and is in order.
import * as assert from 'node:assert/strict'
import { mediaTypes } from '../../../bundles/registry/manifest.ts'
import { RedoubtError } from '../../../lib/errors.ts'
import { digestOf } from '../../../lib/hash.ts'
import { type Answer, imageOf } from './fake.ts'

export const layer = Buffer.alloc(300_000, 'layer')
export const image = imageOf(layer)
export const blob = { digest: digestOf(layer), size: layer.length }
export const source = (registry: string) => [{ registry, repository: 'team/app' }]

/** What a work fails with. */
export async function failure(work: Promise<unknown>): Promise<RedoubtError> {
  const error = await work.then(
    () => undefined,
    (thrown) => thrown,
  )
  assert.ok(error instanceof RedoubtError, `expected an error, got ${String(error)}`)
  return error
}

export const nothing = async () => Buffer.alloc(0)

/** Serves the image as a registry in order does, ranges too. */
export const honest: Answer = ({ path, headers }, response) => {
  const bytes = {
    [`/v2/team/app/blobs/${blob.digest}`]: layer,
    [`/v2/team/app/blobs/${digestOf(image.config)}`]: image.config,
  }[path]
  if (path.startsWith('/v2/team/app/manifests/')) {
    response.setHeader('content-type', mediaTypes.ociManifest)
    return void response.end(image.manifest)
  }
  if (!bytes) return void response.writeHead(404).end('{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown"}]}')
  const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
  if (start > 0) response.writeHead(206, { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` })
  response.end(bytes.subarray(start))
}
