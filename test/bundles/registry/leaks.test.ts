// What a registry, or whoever it points to, may do to hold us or to learn what we know.

import * as assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'uvu'
import { fetchBlob } from '../../../bundles/registry/blob.ts'
import { askSmall, createClient } from '../../../bundles/registry/client.ts'
import type { Credentials } from '../../../bundles/registry/credentials.ts'
import { createSend } from '../../../bundles/registry/http.ts'
import { describeError } from '../../../lib/errors.ts'
import { digestOf } from '../../../lib/hash.ts'
import { type Answer, type Asked, clientFor, serveFake, withCache } from './fake.ts'

const layer = Buffer.alloc(300_000, 'layer')
const blob = { digest: digestOf(layer), size: layer.length }
const ann: Credentials = { user: 'ann', password: 'correct-horse-battery' }
const refresh: Credentials = { token: 'refresh-token-of-ann' }

async function withServers(answers: Answer[], work: (hosts: string[], asked: Asked[][]) => Promise<void>) {
  const fakes = await Promise.all(answers.map(serveFake))
  try {
    await work(
      fakes.map((fake) => fake.host),
      fakes.map((fake) => fake.asked),
    )
  } finally {
    await Promise.all(fakes.map((fake) => fake.close()))
  }
}

/** Everything that a server was told. */
const heard = (asked: Asked[]) => JSON.stringify(asked)

for (const [what, credentials, challenge] of [
  ['a password, by a realm', ann, (host: string) => `Bearer realm="http://${host}/token"`],
  ['a refresh token, by a realm', refresh, (host: string) => `Bearer realm="http://${host}/token"`],
  ['a password, by Basic', ann, () => 'Basic realm="x"'],
] as const)
  for (const [how, location, ask] of [
    ['a redirect', 307, 'GET'],
    ['the place of an upload', 202, 'POST'],
  ] as const)
    test(`${how} to a host that answers 401 does not get ${what}`, async () => {
      let thief = ''
      await withServers(
        [
          async ({ path }, response) => {
            if (path.startsWith('/token')) return void response.end('{"token":"stolen"}')
            response.writeHead(401, { 'www-authenticate': challenge(thief) }).end()
          },
          (_, response) => void response.writeHead(location, { location: `http://${thief}/v2/bytes` }).end(),
        ],
        async ([other = '', registry = ''], [stolen = []]) => {
          thief = other
          const { client } = clientFor([registry, other], { [registry]: credentials, [other]: credentials })
          const question = { registry, repository: 'team/app', path: 'blobs/x' }
          const work = async () => {
            const answer = await client.direct({ ...question, method: ask })
            // As a push does: what the registry names as the place is asked next.
            await client.direct({ ...question, path: answer.headers.location ?? '', method: 'PUT', body: 'x' })
          }
          await assert.rejects(work(), /credentials|answers 401/)
          assert.equal(stolen.length, 1, 'asked once, and not for a token')
          assert.doesNotMatch(heard(stolen), /authorization|refresh-token/)
        },
      )
    })

test('a PUT that is answered with a redirect was not done', () =>
  withServers(
    [(_, response) => void response.writeHead(307, { location: '/elsewhere' }).end()],
    async ([registry = '']) => {
      const { client } = clientFor([registry])
      const question = { registry, repository: 'team/app', path: 'manifests/1', method: 'PUT', body: 'x' } as const
      await assert.rejects(client.direct(question), /answers 307/)
    },
  ))

/** A client over one connection that takes so many milliseconds with little in them for slow. */
function hasty(host: string, milliseconds: number) {
  const hosts = [{ host, plainHttp: true }]
  const { signal } = new AbortController()
  const reasons: string[] = []
  const client = createClient({
    hosts,
    credentials: async () => undefined,
    send: createSend(hosts, 1, signal, { bytes: 16 << 10, milliseconds }),
    retry: { wait: async () => {}, signal, onRetry: (why) => reasons.push(why) },
    now: () => 0,
  })
  return { client, reasons }
}

/** A byte now and then, without end. */
function drip(response: {
  write: (text: string) => unknown
  destroyed: boolean
  once: (e: 'close', f: () => void) => void
}) {
  const timer = setInterval(() => response.write('x'), 5)
  response.once('close', () => clearInterval(timer))
}

test('a blob that drips is given up and asked for again, and the rest of it is taken', () =>
  withServers(
    [
      ({ headers }, response) => {
        const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
        const part = { 'content-range': `bytes ${start}-${layer.length - 1}/${layer.length}` }
        response.writeHead(start > 0 ? 206 : 200, start > 0 ? part : {})
        if (start > 0) return void response.end(layer.subarray(start))
        response.write(layer.subarray(0, 100_000))
      },
    ],
    ([host = ''], [asked = []]) =>
      withCache(async (cache) => {
        const { client, reasons } = hasty(host, 300)
        await fetchBlob(client, cache, [{ registry: host, repository: 'team/app' }], blob, () => {})
        // On a busy machine the rest may be found slow too, and asked for once more: never from the beginning.
        const [first, ...further] = asked.map(({ headers }) => headers.range)
        assert.equal(first, undefined)
        assert.equal(further[0], 'bytes=100000-')
        for (const range of further) assert.match(range ?? '', /^bytes=[12]\d{5}-$/)
        assert.match(reasons.join(), /broke off after 100000 of 300000 bytes: gave less than 16384 bytes in 0.3 s/)
      }),
  ))

for (const [what, answer] of [
  ['a blob', (_, response) => drip(response)],
  ['a refusal', (_, response) => drip(response.writeHead(403))],
  ['a header', (_, response) => void response.socket?.write('HTTP/1.1 200 OK\r\nx-a: ')],
  ['nothing at all', () => {}],
] as [string, Answer][])
  test(`who drips ${what} is asked a few times and named`, () =>
    withServers([answer], ([host = ''], [asked = []]) =>
      withCache(async (cache) => {
        const { client } = hasty(host, 30)
        const error = await fetchBlob(client, cache, [{ registry: host, repository: 'a' }], blob, () => {}).catch(
          (e) => e,
        )
        assert.ok(asked.length <= 6)
        assert.match(describeError(error, false), /gave less than|answers 403/)
      }),
    ))

test('an answer that comes before an upload’s end ends the upload, and the one connection is free again', () =>
  withServers(
    [
      ({ method }, response) => {
        if (method === 'GET') return void response.end('{}')
        response.writeHead(413, { 'content-length': 2 }).end('{}')
      },
    ],
    async ([host = '']) => {
      const { client } = hasty(host, 60_000)
      let ended = false
      async function* endless() {
        try {
          for (;;) yield Buffer.alloc(65536)
        } finally {
          ended = true
        }
      }
      const question = { registry: host, repository: 'a', path: 'blobs/uploads/1' }
      await assert.rejects(client.direct({ ...question, method: 'PUT', body: endless() }), /answers 413/)
      await askSmall(client, { ...question, path: 'manifests/1' }, 10)
      assert.ok(ended)
    },
  ))

test('bytes of ours that are found damaged on their way are no matter of the registry', () =>
  withServers([(_, __, body) => void body().catch(() => {})], async ([host = '']) => {
    const { client } = clientFor([host])
    const { RedoubtError } = await import('../../../lib/errors.ts')
    const body = Readable.from(
      (async function* () {
        yield Buffer.from('x')
        throw new RedoubtError('integrity', 'blobs/sha256/0 is damaged')
      })(),
    )
    const question = { registry: host, repository: 'a', path: 'blobs/uploads/1', method: 'PUT', body } as const
    const error = await client.direct(question).catch((thrown) => thrown)
    assert.equal(error.code, 'integrity')
  }))

test('a registry whose blob ends before its manifest says is named as such, at once', () =>
  withServers(
    [
      ({ headers }, response) => {
        if (headers.range) return void response.writeHead(416, { 'content-range': 'bytes */300000' }).end()
        response.end(layer)
      },
    ],
    ([host = ''], [asked = []]) =>
      withCache(async (cache) => {
        const { client } = clientFor([host])
        const larger = { digest: blob.digest, size: blob.size + 1 }
        const error = await fetchBlob(client, cache, [{ registry: host, repository: 'a' }], larger, () => {}).catch(
          (e) => e,
        )
        assert.equal(error.code, 'integrity')
        assert.match(error.message, /ends after 300000 of the 300001 bytes/)
        assert.equal(asked.length, 2)
      }),
  ))

test.run()
