// A bundle as a registry: every answer by table, and one pull over real HTTP.

import * as assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import { readPublicKey } from '../../../bundles/keys.ts'
import { joinSlices } from '../../../bundles/read/file.ts'
import { readHead } from '../../../bundles/read.ts'
import { answer } from '../../../bundles/serve/answer.ts'
import { readRepositories, type Served } from '../../../bundles/serve/repositories.ts'
import { requireAddress, serveBundle } from '../../../bundles/serve/server.ts'
import type { Site } from '../../../bundles/serve/site.ts'
import { digestOf } from '../../../lib/hash.ts'
import { key, smallBundle, smallLayout } from '../small.ts'

const site: Site = new Map()
const ask = (served: Served, method: string, target: string, range?: string) =>
  answer(served, site, { method, target, headers: { range } })

async function withServed(
  name: string,
  work: (served: Served, head: Awaited<ReturnType<typeof readHead>>) => Promise<void>,
): Promise<void> {
  const head = await readHead(await smallBundle(name), readPublicKey(key.publicPem, 'key'))
  try {
    await work(await readRepositories(head), head)
  } finally {
    await head.archive.file.close()
  }
}

test('what clients ask, and what they are told', () =>
  withServed('serve.tar', async (served) => {
    const { images } = await smallLayout()
    const etcd = images.etcd
    assert.ok(etcd)
    const tag = etcd.name.split(':')[1]
    const { digest } = etcd.manifest
    const layer = etcd.layer
    const cases: [string, string, string | undefined, number, RegExp | undefined][] = [
      ['GET', '/v2/', undefined, 200, undefined],
      ['GET', '/v2/_catalog', undefined, 200, /"redoubt.dev\/etcd"/],
      ['GET', '/v2/etcd/tags/list', undefined, 200, new RegExp(`"tags":\\["${tag}"\\]`)],
      ['GET', '/v2/etcd/tags/list?n=-1', undefined, 200, new RegExp(`"tags":\\["${tag}"\\]`)],
      ['GET', '/v2/etcd/tags/list?n=0', undefined, 200, /"tags":\[\]/],
      ['GET', `/v2/redoubt.dev/etcd/manifests/${tag}`, undefined, 200, undefined],
      ['HEAD', `/v2/etcd/manifests/${digest}?ns=redoubt.dev`, undefined, 200, undefined],
      ['GET', `/v2/redoubt.dev/etcd/manifests/${tag}?ns=redoubt.dev`, undefined, 200, undefined],
      ['GET', `/v2/etcd/manifests/${tag}?ns=registry.example.org`, undefined, 404, /NAME_UNKNOWN/],
      ['GET', `/v2/etcd/blobs/${layer.digest}`, undefined, 200, undefined],
      ['GET', `/v2/etcd/blobs/${layer.digest}`, 'bytes=10-19', 206, undefined],
      ['GET', `/v2/etcd/blobs/${layer.digest}`, `bytes=${layer.size}-`, 416, undefined],
      ['GET', `/v2/etcd/referrers/${digest}`, undefined, 200, /"manifests":\[\]/],
      ['GET', `/v2/etcd/blobs/sha256:${'0'.repeat(64)}`, undefined, 404, /BLOB_UNKNOWN/],
      ['GET', '/v2/etcd/manifests/other', undefined, 404, /MANIFEST_UNKNOWN/],
      ['GET', '/v2/other/manifests/1', undefined, 404, /NAME_UNKNOWN/],
      ['GET', '/v2/../../etc/passwd', undefined, 404, undefined],
      ['GET', '//[', undefined, 404, undefined],
      ['GET', '/v2/__proto__/tags/list', undefined, 404, undefined],
      ['PUT', '/v2/etcd/manifests/1', undefined, 405, /UNSUPPORTED/],
      ['POST', '/v2/etcd/blobs/uploads/', undefined, 405, undefined],
    ]
    for (const [method, target, range, status, body] of cases) {
      const found = ask(served, method, target, range)
      assert.equal(found.status, status, `${method} ${target} ${range ?? ''}`)
      if (body) assert.match(String(found.body), body)
    }
    const range = ask(served, 'GET', `/v2/etcd/blobs/${layer.digest}`, 'bytes=-5')
    assert.equal(range.headers['content-range'], `bytes ${layer.size - 5}-${layer.size - 1}/${layer.size}`)
  }))

test('nothing but images is served: neither programs nor files nor the executable', () =>
  withServed('serve-only.tar', async (served, head) => {
    const { lock } = await smallLayout()
    const others = [...lock.files.map((file) => file.digest), `sha256:${head.statement.executable.sha256}`]
    for (const digest of others) assert.equal(ask(served, 'GET', `/v2/etcd/blobs/${digest}`).status, 404)
  }))

test('bytes reach a client whole, and the server ends when told', () =>
  withServed('serve-http.tar', async (served, head) => {
    const { images } = await smallLayout()
    const digest = images.etcd?.layer.digest ?? ''
    const stop = new AbortController()
    const heard: number[] = []
    await new Promise<void>((resolve, reject) => {
      const options = { archive: head.archive, served, site, address: '127.0.0.1', port: 0, signal: stop.signal }
      serveBundle({ ...options, onAnswer: (_, __, status) => heard.push(status) }, (port) => {
        get({ host: '127.0.0.1', port, path: `/v2/etcd/blobs/${digest}` }, async (response) => {
          const chunks: Buffer[] = []
          for await (const chunk of response) chunks.push(chunk)
          assert.equal(digestOf(Buffer.concat(chunks)), digest)
          stop.abort()
        }).on('error', reject)
      }).then(resolve, reject)
    })
    assert.deepEqual(heard, [200])
  }))

test('the server ends although a client has not ended its TLS handshake', () =>
  withServed('serve-end.tar', async (served, head) => {
    const stop = new AbortController()
    const tls = { cert: '', key: '' }
    const options = { archive: head.archive, served, site, address: '127.0.0.1', port: 0, tls, signal: stop.signal }
    const closed: Promise<unknown>[] = []
    const ended = serveBundle({ ...options, onAnswer: () => {} }, (port) => {
      const client = connect(port, '127.0.0.1').on('error', () => {})
      closed.push(once(client, 'close'))
      // The server has it a moment later than the client.
      client.once('connect', () => setTimeout(() => stop.abort(), 100))
      setTimeout(() => client.destroy(), 5000).unref()
    })
    const begun = Date.now()
    await ended
    await Promise.all(closed)
    assert.ok(Date.now() - begun < 4000, 'waited for the client')
  }))

test('a client that goes away in the middle takes nothing from the others', () =>
  withServed('serve-away.tar', async (served, head) => {
    // More than a socket's buffers take: the server is in the middle of it when the client goes.
    const path = join(await mkdtemp(join(tmpdir(), 'redoubt-serve-')), 'large')
    await writeFile(path, Buffer.alloc(32 << 20))
    const file = await open(path)
    const wrapped = joinSlices([{ path, handle: file, start: 0, size: 32 << 20, skip: 0 }])
    const digest = `sha256:${'a'.repeat(64)}`
    served.blobs.set(digest, { path: 'large', size: 32 << 20, offset: 0, sha256: '' } as never)
    const stop = new AbortController()
    const options = {
      archive: { ...head.archive, file: wrapped },
      served,
      site,
      address: '127.0.0.1',
      port: 0,
      signal: stop.signal,
    }
    try {
      await new Promise<void>((resolve, reject) => {
        serveBundle({ ...options, onAnswer: () => {} }, (port) => {
          const ask = () => get({ host: '127.0.0.1', port, path: `/v2/etcd/blobs/${digest}`, agent: false })
          const first = ask().on('error', () => {})
          first.on('response', (response) => {
            response.once('data', () => first.destroy())
            response.once('close', () =>
              setTimeout(() => {
                ask()
                  .on('response', async (again) => {
                    let bytes = 0
                    for await (const chunk of again) bytes += chunk.length
                    assert.equal(bytes, 32 << 20)
                    stop.abort()
                  })
                  .on('error', reject)
              }, 100),
            )
            response.on('error', () => {})
          })
        }).then(resolve, reject)
      })
    } finally {
      stop.abort()
      await file.close()
      await rm(dirname(path), { recursive: true })
    }
  }))

test('an address that is taken is known before anything is verified', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  try {
    await assert.rejects(requireAddress('127.0.0.1', port), {
      code: 'failed',
      where: `127.0.0.1:${port}`,
      message: 'is taken by another program',
    })
  } finally {
    await new Promise<void>((resolve) => other.close(() => resolve()))
  }
  await requireAddress('127.0.0.1', port)
})

test.run()
