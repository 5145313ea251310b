// Registries that mean harm.

import * as assert from 'node:assert/strict'
import { lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'uvu'
import { cachedPath } from '../../../bundles/cache.ts'
import { fetchBlob } from '../../../bundles/registry/blob.ts'
import { createClient } from '../../../bundles/registry/client.ts'
import { createSend, isHost } from '../../../bundles/registry/http.ts'
import { mediaTypes, parseManifest } from '../../../bundles/registry/manifest.ts'
import { pause, retrying, Transient } from '../../../bundles/registry/retry.ts'
import { digestOf, hexOf } from '../../../lib/hash.ts'
import { addSecret, redact } from '../../../lib/redact.ts'
import { temporary } from '../small.ts'
import { clientFor, withCache, withFake } from './fake.ts'

const layer = Buffer.alloc(3000, 'layer')
const blob = { digest: digestOf(layer), size: layer.length }

test('a registry named with capitals or the default port is asked with its credentials', async () => {
  for (const registry of ['LocalHost:5000', 'registry.example.org:443', 'docker.io']) {
    const seen: (string | undefined)[] = []
    const client = createClient({
      hosts: [],
      credentials: async () => ({ user: 'ann', password: 'correct-horse-battery' }),
      send: async ({ headers }) => {
        seen.push(headers?.authorization)
        const statusCode = headers?.authorization ? 200 : 401
        const answer = { statusCode, headers: { 'www-authenticate': 'Basic realm="x"' } }
        return Object.assign(Readable.from([]), answer) as never
      },
      retry: { wait: pause, signal: new AbortController().signal, onRetry: () => {} },
      now: () => 0,
    })
    await client.pull({ registry, repository: 'team/app', path: 'manifests/1' }).catch(() => {})
    assert.deepEqual([seen.length, seen[1]?.slice(0, 6)], [2, 'Basic '], registry)
  }
})

test('the settings of a host count however it is written', () => {
  for (const [name, url, same] of [
    ['Registry.example.org', 'https://registry.example.org/v2/', true],
    ['registry.example.org:443', 'https://registry.example.org/v2/', true],
    ['registry.example.org:80', 'http://registry.example.org/v2/', true],
    ['registry.example.org', 'https://registry.example.org:5000/v2/', false],
    ['registry.example.org:80', 'https://registry.example.org/v2/', false],
  ] as const)
    assert.equal(isHost(name, new URL(url)), same, `${name} ${url}`)
})

/** Fails instead of hanging: servers let go of an idle connection after 5 s, the client after half a minute. */
async function soon<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('hangs')), 4000)
  })
  return await Promise.race([work, late]).finally(() => clearTimeout(timer))
}

function oneConnection(host: string) {
  const hosts = [{ host, plainHttp: true }]
  const { signal } = new AbortController()
  return createClient({
    hosts,
    credentials: async () => ({ user: 'ann', password: 'correct-horse-battery' }),
    send: createSend(hosts, 1, signal),
    retry: { wait: async () => {}, signal, onRetry: () => {} },
    now: () => 0,
  })
}

test('a realm on the registry itself is asked over the only connection that there is', () =>
  withFake(
    ({ path, headers }, response) => {
      if (path.startsWith('/token')) return void response.end('{"token":"opaque-token-2"}')
      if (headers.authorization) return void response.end(layer)
      const challenge = `Bearer realm="http://${headers.host}/token"`
      response.writeHead(401, { 'www-authenticate': challenge }).end('{"errors":[{"message":"who?"}]}')
    },
    async (host, cache) => {
      await soon(fetchBlob(oneConnection(host), cache, [{ registry: host, repository: 'team/app' }], blob, () => {}))
    },
  ))

test('a redirect whose body has no end holds no connection', () =>
  withFake(
    ({ path }, response) => {
      if (path === '/bytes') return void response.end(layer)
      response.writeHead(307, { location: '/bytes' })
      response.write('and so on')
    },
    async (host, cache) => {
      await soon(fetchBlob(oneConnection(host), cache, [{ registry: host, repository: 'team/app' }], blob, () => {}))
    },
  ))

test('answers that are never the last are no progress', async () => {
  let asked = 0
  const interim = 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1001)
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => {
      asked++
      socket.write(interim)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  await withCache(async (cache) => {
    const source = [{ registry: host, repository: 'team/app' }]
    const { client } = clientFor([host])
    await assert.rejects(soon(fetchBlob(client, cache, source, blob, () => {})), /none of them the last, 6 times/)
    assert.equal(asked, 6)
  })
  await new Promise((resolve) => server.close(resolve))
})

test('a link in the place of what a killed run left is not written through', () =>
  withFake(
    (_, response) => void response.end(layer),
    async (host, cache) => {
      const victim = join(cache.root, 'victim')
      writeFileSync(victim, 'precious')
      const name = `${hexOf(blob.digest)}.999999.0000aaaa.tmp`
      symlinkSync(victim, join(cache.root, 'partial', name))
      await fetchBlob(clientFor([host]).client, cache, [{ registry: host, repository: 'team/app' }], blob, () => {})
      assert.equal(readFileSync(victim, 'utf8'), 'precious')
      assert.ok(lstatSync(cachedPath(cache, blob.digest)).isFile())
    },
  ))

test('less and more in turn is no progress: it is tried as often as anything else', async () => {
  let calls = 0
  let have = 0
  const retry = { wait: async () => {}, signal: new AbortController().signal, onRetry: () => {} }
  const work = async () => {
    have = calls++ % 2 === 0 ? 10 : 5
    throw calls < 100 ? new Transient('breaks off') : new Error('without end')
  }
  await assert.rejects(
    retrying('it', retry, work, () => have),
    /breaks off, 6 times/,
  )
})

test('a secret in a registry’s words is taken out before they are cut', () =>
  withFake(
    (_, response) => {
      const message = `${'x'.repeat(185)} opaque-token-of-a-registry`
      response.writeHead(403).end(JSON.stringify({ errors: [{ message }] }))
    },
    async (host, cache) => {
      addSecret('opaque-token-of-a-registry')
      const { client } = clientFor([host])
      const source = [{ registry: host, repository: 'team/app' }]
      const error = await fetchBlob(client, cache, source, blob, () => {}).catch((thrown) => thrown)
      assert.match(error.message, /answers 403: xxx/)
      assert.doesNotMatch(redact(error.message), /opaque/)
    },
  ))

test('nor is one told in part that a registry puts into what an error quotes', () => {
  const secret = 'opaque"token\\of-a-registry'
  addSecret(secret)
  for (const [what, type, value] of [
    ['type', `${'x'.repeat(90)}${secret}`, {}],
    ['type, quoted', secret, {}],
    [
      'size',
      mediaTypes.ociIndex,
      { manifests: [{ mediaType: 'x', digest: blob.digest, size: `${'x'.repeat(240)}${secret}` }] },
    ],
  ] as const)
    assert.throws(
      () => parseManifest(Buffer.from(JSON.stringify(value)), type, 'it'),
      (error: Error) => !/opaque/.test(redact(error.message)),
      what,
    )
})

test('a proxy whose password is not encoded is told without it', () => {
  const before = process.env.HTTP_PROXY
  process.env.HTTP_PROXY = 'http://ann:secret%ZZ@127.0.0.1:1'
  try {
    assert.throws(
      () => createSend([], 1, new AbortController().signal),
      (error: Error) => /no URL of a proxy/.test(error.message) && !/secret/.test(JSON.stringify(error)),
    )
  } finally {
    if (before === undefined) delete process.env.HTTP_PROXY
    else process.env.HTTP_PROXY = before
  }
})

test('what the disk refuses is no matter of the registry: told at once, by the file’s name', async () => {
  // Devices that refuse for real: one is always full, of the next nobody has byte 0 (proc(5)), the last is open for reading alone.
  for (const [path, flags, words] of [
    ['/dev/full', 'r+', /no space left/],
    ['/proc/self/mem', 'r+', /EIO/],
    ['/dev/null', 'r', /EBADF/],
  ] as const)
    await withFake(
      (_, response) => void response.end(layer),
      async (host, cache) => {
        const { client, waits } = clientFor([host])
        await using file = await open(path, flags)
        const goal = { slot: { file, path, offset: 0 }, keep: false }
        const source = [{ registry: host, repository: 'team/app' }]
        const error = await fetchBlob(client, cache, source, blob, () => {}, goal).catch((thrown) => thrown)
        assert.match(error.message, words)
        assert.equal(error.where, path)
        assert.equal(waits.length, 0)
      },
    )
})

test('what an earlier run left is in its place before a registry is asked for the rest', async () => {
  const path = join(temporary, 'slot')
  const have = 2000
  let there: Buffer | undefined
  await withFake(
    (_, response) => {
      there = readFileSync(path)
      response.writeHead(206, { 'content-range': `bytes ${have}-${layer.length - 1}/${layer.length}` })
      response.end(layer.subarray(have))
    },
    async (host, cache) => {
      const name = `${hexOf(blob.digest)}.4194305.0000aaaa.tmp`
      writeFileSync(join(cache.root, 'partial', name), layer.subarray(0, have))
      await using file = await open(path, 'w+')
      const goal = { slot: { file, path, offset: 0 } }
      const source = [{ registry: host, repository: 'team/app' }]
      await fetchBlob(clientFor([host]).client, cache, source, blob, () => {}, goal)
      assert.deepEqual(there, layer.subarray(0, have))
      assert.deepEqual(readFileSync(path), layer)
    },
  )
})

test.run()
