// What registries do, and what we make of it: refusals, moods, lies. The server is real HTTP on loopback; only the waits are not.

import * as assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import { cachedPath } from '../../../bundles/cache.ts'
import { fetchBlob } from '../../../bundles/registry/blob.ts'
import { collectImages, resolveImage } from '../../../bundles/sources/registry.ts'
import { describeError } from '../../../lib/errors.ts'
import { blob, failure, honest, image, layer, nothing, source } from './app.ts'
import { type Answer, clientFor, withCache, withServer } from './fake.ts'

const refusals: [number, number, RegExp][] = [
  [401, 1, /answers 401.*\n.*docker login/],
  [403, 1, /answers 403.*\n.*not allowed/],
  [404, 1, /answers 404: blob unknown\n.*Check the name/],
  [429, 6, /answers 429: blob unknown, 6 times\n.*is kept/],
  [500, 6, /answers 500.*6 times/],
]
for (const [status, times, words] of refusals)
  test(`a registry that answers ${status} is asked ${times} times, and the error says so`, () =>
    withCache((cache) =>
      withServer(
        (_, response) => void response.writeHead(status).end('{"errors":[{"message":"blob unknown"}]}'),
        async (host, asked) => {
          const { client } = clientFor([host])
          const error = await failure(fetchBlob(client, cache, source(host), blob, () => {}))
          assert.equal(asked.length, times)
          assert.match(describeError(error, false), words)
          assert.match(error.where ?? '', /^127\.0\.0\.1:\d+\/team\/app blobs\/|^127.*sha256:/)
        },
      ),
    ))

test('Retry-After is obeyed, in seconds', () =>
  withCache(async (cache) => {
    let calls = 0
    await withServer(
      (asked, response) => {
        if (calls++ === 0) response.writeHead(429, { 'retry-after': '7' }).end()
        else honest(asked, response, nothing)
      },
      async (host) => {
        const { client, waits } = clientFor([host])
        await fetchBlob(client, cache, source(host), blob, () => {})
        assert.deepEqual(waits, [7000])
      },
    )
  }))

test('a body that breaks off goes on where it stopped, as long as something comes', () =>
  withCache(async (cache) => {
    const step = 40_000
    await withServer(
      (asked, response) => {
        const start = Number(/^bytes=(\d+)-$/.exec(asked.headers.range ?? '')?.[1] ?? 0)
        response.writeHead(start > 0 ? 206 : 200, {
          'content-length': layer.length - start,
          ...(start > 0 ? { 'content-range': `bytes ${start}-${layer.length - 1}/${layer.length}` } : {}),
        })
        const piece = layer.subarray(start, start + step)
        response.write(piece, () => (start + step >= layer.length ? response.end() : response.destroy()))
      },
      async (host, asked) => {
        let heard = 0
        const { client } = clientFor([host])
        await fetchBlob(client, cache, source(host), blob, (count) => {
          heard += count
        })
        assert.equal(heard, layer.length)
        assert.deepEqual(
          asked.map(({ headers }) => headers.range),
          Array.from({ length: 8 }, (_, index) => (index === 0 ? undefined : `bytes=${index * step}-`)),
        )
        assert.ok(layer.equals(await readFile(cachedPath(cache, blob.digest))))
      },
    )
  }))

test('what a killed process began is gone on with; a beginning that is damaged is fetched anew', async () => {
  for (const [begun, ranges] of [
    [layer.subarray(0, 100_000), ['bytes=100000-']],
    [Buffer.alloc(100_000), ['bytes=100000-', undefined]],
    [Buffer.alloc(layer.length + 1), [undefined]],
  ] as const)
    await withCache((cache) =>
      withServer(honest, async (host, asked) => {
        const { client } = clientFor([host])
        // A process number above what Linux gives out: nobody lives there.
        await writeFile(join(cache.root, 'partial', `${blob.digest.slice(7)}.4999999.00000000.tmp`), begun)
        await fetchBlob(client, cache, source(host), blob, () => {})
        assert.deepEqual(
          asked.map(({ headers }) => headers.range),
          ranges,
        )
        assert.equal((await stat(cachedPath(cache, blob.digest))).size, layer.length)
      }),
    )
})

test('a server that ignores Range begins at zero', () =>
  withCache((cache) =>
    withServer(
      (_, response) => void response.end(layer),
      async (host) => {
        const { client } = clientFor([host])
        await writeFile(
          join(cache.root, 'partial', `${blob.digest.slice(7)}.4999999.00000000.tmp`),
          layer.subarray(0, 5000),
        )
        await fetchBlob(client, cache, source(host), blob, () => {})
        assert.ok(layer.equals(await readFile(cachedPath(cache, blob.digest))))
      },
    ),
  ))

const lies: [string, Answer, RegExp][] = [
  [
    'wrong bytes',
    (_, response) => void response.end(Buffer.alloc(layer.length)),
    /bytes are not what their digest says/,
  ],
  ['an endless body', (_, response) => pour(response), /sends more than the 300000 bytes/],
]
for (const [what, answer, words] of lies)
  test(`${what}: refused as an integrity error, nothing in the cache`, () =>
    withCache((cache) =>
      withServer(answer, async (host) => {
        const { client } = clientFor([host])
        const error = await failure(fetchBlob(client, cache, source(host), blob, () => {}))
        assert.equal(error.code, 'integrity')
        assert.match(error.message, words)
        await assert.rejects(stat(cachedPath(cache, blob.digest)), /ENOENT/)
      }),
    ))

function pour(response: {
  write: (chunk: Buffer) => boolean
  once: (event: 'drain', next: () => void) => unknown
  destroyed: boolean
}) {
  while (!response.destroyed && response.write(Buffer.alloc(65536))) {}
  if (!response.destroyed) response.once('drain', () => pour(response))
}

test('a manifest of another digest than asked for is refused', () =>
  withCache((cache) =>
    withServer(honest, async (host) => {
      const { client } = clientFor([host])
      const name = `${host}/team/app@sha256:${'0'.repeat(64)}`
      const error = await failure(resolveImage(client, cache, { name, platforms: [], artifacts: false }))
      assert.equal(error.code, 'integrity')
    }),
  ))

test('what a lock pins comes into an empty cache: a registry gives manifests only as manifests', () =>
  withServer(honest, async (host) => {
    const { client } = clientFor([host])
    const wanted = { name: `${host}/team/app:1`, platforms: [], artifacts: false }
    const pinned = await withCache((cache) => resolveImage(client, cache, wanted))
    await withCache(async (cache) => {
      let heard = 0
      await collectImages(client, cache, [pinned], 2, (count) => {
        heard += count
      })
      assert.equal(
        heard,
        pinned.blobs.reduce((sum, { size }) => sum + size, 0),
      )
      assert.ok(image.manifest.equals(await readFile(cachedPath(cache, image.digest))))
    })
  }))

test.run()
