// Who is asked for what, with which credentials, and what is trusted without TLS.

import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { fetchBlob } from '../../../bundles/registry/blob.ts'
import { resolveImage } from '../../../bundles/sources/registry.ts'
import { redact } from '../../../lib/redact.ts'
import { blob, failure, honest, layer, nothing, source } from './app.ts'
import { clientFor, withCache, withServer } from './fake.ts'

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
test.run()
