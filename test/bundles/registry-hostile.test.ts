// Registries that mean harm, and names that mislead.
import * as assert from 'node:assert/strict'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'uvu'
import { type Cache, openCache } from '../../bundles/cache.ts'
import { pinnedImage, wantedImages } from '../../bundles/produce/images.ts'
import { fetchBlob } from '../../bundles/registry/blob.ts'
import { createClient } from '../../bundles/registry/client.ts'
import { createSend, isHost } from '../../bundles/registry/http.ts'
import { digestOf, mediaTypes, parseManifest } from '../../bundles/registry/manifest.ts'
import { pause, retrying, Transient } from '../../bundles/registry/retry.ts'
import { resolveImage } from '../../bundles/sources/registry.ts'
import type { LockedImage } from '../../cluster/lock.ts'
import type { LoadedSpec } from '../../cluster/spec.ts'
import { addSecret, redact } from '../../lib/redact.ts'
import { type Answer, clientFor, imageOf, serveFake } from './registry-fake.ts'

const layer = Buffer.alloc(3000, 'layer')
const image = imageOf(layer)
const blob = { digest: digestOf(layer), size: layer.length }

async function withFake(answer: Answer, work: (host: string, cache: Cache) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'redoubt-registry-'))
  const fake = await serveFake(answer)
  try {
    await work(fake.host, await openCache(root))
  } finally {
    await fake.close()
    await rm(root, { recursive: true })
  }
}

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
    (host, cache) =>
      soon(fetchBlob(oneConnection(host), cache, [{ registry: host, repository: 'team/app' }], blob, () => {})),
  ))

test('a redirect whose body has no end holds no connection', () =>
  withFake(
    ({ path }, response) => {
      if (path === '/bytes') return void response.end(layer)
      response.writeHead(307, { location: '/bytes' })
      response.write('and so on')
    },
    (host, cache) =>
      soon(fetchBlob(oneConnection(host), cache, [{ registry: host, repository: 'team/app' }], blob, () => {})),
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

test('a manifest that can be read as two things is refused', () => {
  const whole = JSON.parse(image.manifest.toString('utf8'))
  const parse = (value: object, type: string) => () => parseManifest(Buffer.from(JSON.stringify(value)), type, 'it')
  assert.equal(parse(whole, mediaTypes.ociManifest)().kind, 'image')
  assert.equal(parse({ manifests: [] }, mediaTypes.ociIndex)().kind, 'index')
  for (const [value, type] of [
    [{ ...whole, manifests: [] }, mediaTypes.ociManifest],
    [{ manifests: [], layers: [] }, mediaTypes.ociIndex],
    [whole, mediaTypes.dockerManifest],
    [{ manifests: [], mediaType: mediaTypes.ociManifest }, mediaTypes.ociIndex],
  ] as const)
    assert.throws(parse(value, type), /two things/)
})

/** A registry that answers an index by tag, and by digest the image or what else is given. */
function indexed(index: object, child: Buffer, type: string): Answer {
  return ({ path }, response) => {
    const byTag = path.endsWith('/1')
    response.setHeader('content-type', byTag ? mediaTypes.ociIndex : type)
    response.end(byTag ? JSON.stringify(index) : child)
  }
}
const platform = { os: 'linux', architecture: 'amd64' }
const entry = (bytes: Buffer, mediaType: string) => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
  platform,
})
const nested = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [] }))

const indexes: [string, object, Buffer, string, RegExp | undefined][] = [
  [
    'another type in the header than in the index: the index counts, as it does when it is cached',
    { manifests: [entry(image.manifest, mediaTypes.ociManifest)] },
    image.manifest,
    mediaTypes.dockerManifest,
    undefined,
  ],
  [
    'an index in an index',
    { manifests: [entry(nested, mediaTypes.ociIndex)] },
    nested,
    mediaTypes.ociIndex,
    /index of/,
  ],
  [
    'more manifests than are held',
    { manifests: Array.from({ length: 101 }, () => entry(image.manifest, mediaTypes.ociManifest)) },
    image.manifest,
    mediaTypes.ociManifest,
    /101 manifests; at most 100/,
  ],
]
for (const [what, index, child, type, words] of indexes)
  test(`of an index: ${what}`, () =>
    withFake(indexed(index, child, type), async (host, cache) => {
      const { client } = clientFor([host])
      const wanted = { name: `${host}/team/app:1`, platforms: ['linux/amd64'], artifacts: false }
      if (words) await assert.rejects(resolveImage(client, cache, wanted), words)
      else assert.equal((await resolveImage(client, cache, wanted)).blobs.length, 4)
    }))

test('a pin by digest alone is none for `latest`, and a tag is one image', () => {
  const of = (name: string, hex: string): LockedImage => ({
    name,
    digest: `sha256:${hex.repeat(64)}`,
    size: 1,
    mediaType: mediaTypes.ociManifest,
    platforms: [],
    artifacts: [],
    blobs: [],
  })
  const pins = [of('a.io/app', 'a'), of('a.io/app:latest', 'b')]
  const pin = (name: string) => pinnedImage(pins, { name, platforms: [], artifacts: false }).digest.slice(7, 8)
  assert.equal(pin('a.io/app:latest'), 'b')
  assert.equal(pin(`a.io/app@sha256:${'a'.repeat(64)}`), 'a')
  assert.throws(() => pinnedImage(pins.slice(0, 1), { name: 'a.io/app:latest', platforms: [], artifacts: false }))
  const want = (...names: string[]) => {
    const images = names.map((name) => ({ name, artifacts: false }))
    return wantedImages({ spec: { bundle: { images } }, where: () => 'here' } as unknown as LoadedSpec, 'amd64').length
  }
  const [one, two] = ['a', 'b'].map((hex) => `@sha256:${hex.repeat(64)}`)
  assert.equal(want(`a.io/app${one}`, `a.io/app${two}`, 'a.io/app'), 3)
  assert.throws(() => want(`a.io/app:1${one}`, `a.io/app:1${two}`), /a.io\/app:1 is named twice/)
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
  const some = await open('/dev/null')
  const handles = Object.getPrototypeOf(some)
  const { write } = handles
  await some.close()
  for (const [code, words] of [
    ['EDQUOT', /no space left/],
    ['EIO', /EIO/],
  ] as const)
    await withFake(
      (_, response) => void response.end(layer),
      async (host, cache) => {
        const { client, waits } = clientFor([host])
        handles.write = () => Promise.reject(Object.assign(new Error(code), { code }))
        try {
          const work = fetchBlob(client, cache, [{ registry: host, repository: 'team/app' }], blob, () => {})
          const error = await work.catch((thrown) => thrown)
          assert.match(error.message, words)
          assert.match(error.where, /partial/)
          assert.equal(waits.length, 0)
        } finally {
          handles.write = write
        }
      },
    )
})

test.run()
