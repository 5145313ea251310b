// What registries do, and what we make of it: refusals, moods, lies. The server is real HTTP on loopback; only the waits are not.

import * as assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import { cachedPath } from '../../../bundles/cache.ts'
import { fetchBlob } from '../../../bundles/registry/blob.ts'
import { mediaTypes } from '../../../bundles/registry/manifest.ts'
import { collectImages, resolveImage } from '../../../bundles/sources/registry.ts'
import { describeError, RedoubtError } from '../../../lib/errors.ts'
import { digestOf } from '../../../lib/hash.ts'
import { redact } from '../../../lib/redact.ts'
import { type Answer, clientFor, imageOf, withCache, withServer } from './fake.ts'

const layer = Buffer.alloc(300_000, 'layer')
const image = imageOf(layer)
const blob = { digest: digestOf(layer), size: layer.length }
const source = (registry: string) => [{ registry, repository: 'team/app' }]

async function failure(work: Promise<unknown>): Promise<RedoubtError> {
  const error = await work.then(
    () => undefined,
    (thrown) => thrown,
  )
  assert.ok(error instanceof RedoubtError, `expected an error, got ${String(error)}`)
  return error
}

const nothing = async () => Buffer.alloc(0)

/** Serves the image as a registry in order does, ranges too. */
const honest: Answer = ({ path, headers }, response) => {
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

test('a token: asked where the registry says, with the password only there, and never shown', () =>
  withCache(async (cache) => {
    const password = 'correct-horse-battery'
    let realm = ''
    await withServer(
      ({ path, headers }, response) => {
        if (path.startsWith('/token')) {
          assert.equal(headers.authorization, `Basic ${Buffer.from(`ann:${password}`).toString('base64')}`)
          assert.match(path, /service=registry&scope=repository%3Ateam%2Fapp%3Apull$/)
          return void response.end('{"token":"opaque-token-1"}')
        }
        if (headers.authorization !== 'Bearer opaque-token-1')
          return void response
            .writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="registry"` })
            .end()
        return honest({ path, headers, method: 'GET' }, response, nothing)
      },
      async (host, asked) => {
        realm = `http://${host}/token`
        const { client } = clientFor([host], { [host]: { user: 'ann', password } })
        await fetchBlob(client, cache, source(host), blob, () => {})
        await resolveImage(client, cache, { name: `${host}/team/app:1`, platforms: [], artifacts: false })
        assert.deepEqual(
          asked.map(({ path }) => path.split('?')[0]),
          [
            `/v2/team/app/blobs/${blob.digest}`,
            '/token',
            `/v2/team/app/blobs/${blob.digest}`,
            '/v2/team/app/manifests/1',
          ],
        )
        assert.equal(redact('x opaque-token-1 x'), 'x [redacted] x')
      },
    )
  }))

test('a redirect to another place takes no credentials along', () =>
  withCache((cache) =>
    withServer(
      (_, response) => void response.end(layer),
      async (store, storeAsked) =>
        withServer(
          ({ headers }, response) =>
            headers.authorization
              ? void response.writeHead(307, { location: `http://${store}/bytes` }).end()
              : void response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
          async (host, asked) => {
            const { client } = clientFor([host, store], { [host]: { user: 'ann', password: 'correct-horse-battery' } })
            await fetchBlob(client, cache, source(host), blob, () => {})
            assert.match(String(asked[1]?.headers.authorization), /^Basic /)
            assert.equal(storeAsked[0]?.headers.authorization, undefined)
          },
        ),
    ),
  ))

test('without TLS only hosts that are named so: neither at first nor by a redirect nor for a token', () =>
  withCache((cache) =>
    withServer(honest, async (other) => {
      const untold = clientFor([])
      const first = await failure(fetchBlob(untold.client, cache, source(other), blob, () => {}))
      assert.match(`${first.message}|${first.hint}`, /^TLS failed: wrong version number\|.*plainHttp/)
      await withServer(
        (_, response) => void response.writeHead(302, { location: `http://${other}/` }).end(),
        async (host) => {
          const { client } = clientFor([host])
          const error = await failure(fetchBlob(client, cache, source(host), blob, () => {}))
          assert.match(error.message, /without TLS/)
        },
      )
    }),
  ))

test('a manifest of another digest than asked for is refused', () =>
  withCache((cache) =>
    withServer(honest, async (host) => {
      const { client } = clientFor([host])
      const name = `${host}/team/app@sha256:${'0'.repeat(64)}`
      const error = await failure(resolveImage(client, cache, { name, platforms: [], artifacts: false }))
      assert.equal(error.code, 'integrity')
    }),
  ))

test('mirrors come first, and the registry itself has the last word', () =>
  withCache((cache) =>
    withServer(
      (_, response) => void response.writeHead(404).end(),
      async (mirror, mirrorAsked) =>
        withServer(honest, async (host) => {
          const { client } = clientFor([{ host, plainHttp: true, mirrors: [`${mirror}/hub`] }, mirror])
          await fetchBlob(client, cache, source(host), blob, () => {})
          assert.deepEqual(
            mirrorAsked.map(({ path }) => path),
            [`/v2/hub/team/app/blobs/${blob.digest}`],
          )
        }),
    ),
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
