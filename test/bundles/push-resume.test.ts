// A large blob on its way into a registry that breaks off: the next run sends what is missing, and no byte more.
import * as assert from 'node:assert/strict'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import { planSteps } from '../../bundles/push/dry-run.ts'
import { planPush } from '../../bundles/push/plan.ts'
import { placeOf, push } from '../../bundles/push/push.ts'
import { forgetUpload, noteUpload, recallUpload, type Uploads } from '../../bundles/push/uploads.ts'
import { readHead } from '../../bundles/read.ts'
import { readRepositories } from '../../bundles/serve/repositories.ts'
import { digestOf } from '../../lib/hash.ts'
import { clientFor, serveFake } from './registry/fake.ts'
import { key, smallBundle, temporary } from './small.ts'

const head = await readHead(await smallBundle('resume.tar'), key.publicKey)
test.after(() => head.archive.file.close())
const served = await readRepositories(head)
/** Layers are larger than this, configs and manifests are not. */
const least = 1500

/**
 * A registry that keeps what came of an upload; `cut`: bytes after which it breaks a PATCH off, once for each number. One that `dies` then answers
 * 503 until it is revived.
 */
async function registryOf(cut: number[], dies = false) {
  let dead = false
  const blobs = new Map<string, Buffer>()
  const uploads = new Map<string, Buffer>()
  let received = 0
  const fake = await serveFake(async (asked, response, body) => {
    const url = new URL(asked.path, 'http://x')
    const last = url.pathname.split('/').at(-1) ?? ''
    if (dead || url.pathname.endsWith('/broken')) return void response.writeHead(503).end()
    if (asked.method === 'HEAD') return void response.writeHead(blobs.has(last) ? 200 : 404).end()
    if (asked.method === 'POST') {
      const name = `upload${uploads.size}`
      uploads.set(name, Buffer.alloc(0))
      return void response.writeHead(202, { location: `/v2/x/blobs/uploads/${name}` }).end()
    }
    const have = uploads.get(last) ?? Buffer.alloc(0)
    const range = () => ({ location: url.pathname, range: `0-${Math.max(0, (uploads.get(last)?.length ?? 0) - 1)}` })
    if (asked.method === 'GET') return void response.writeHead(uploads.has(last) ? 204 : 404, range()).end()
    if (asked.method === 'PATCH') {
      const from = Number((asked.headers['content-range'] ?? '0-').split('-')[0])
      if (from !== have.length) return void response.writeHead(416).end()
      const stop = cut.shift()
      let bytes = Buffer.alloc(0)
      for await (const chunk of response.req) {
        bytes = Buffer.concat([bytes, chunk]).subarray(0, stop)
        if (stop !== undefined && bytes.length === stop) break
      }
      received += bytes.length
      uploads.set(last, Buffer.concat([have, bytes]))
      if (stop !== undefined) {
        dead = dies
        return void response.destroy()
      }
      return void response.writeHead(202, range()).end()
    }
    const bytes = asked.path.includes('/manifests/') ? await body() : Buffer.concat([have, await body()])
    const digest = url.searchParams.get('digest')
    if (digest && digestOf(bytes) !== digest) return void response.writeHead(400).end()
    if (digest) blobs.set(digest, bytes)
    response.writeHead(201).end()
  })
  const revive = () => {
    dead = false
  }
  return { ...fake, blobs, uploads, received: () => received, revive }
}

let folders = 0
async function pushTo(host: string, uploads: Uploads) {
  const target = { registry: host, prefix: '', keepRegistry: false }
  const { client } = clientFor([host])
  return await push(
    client,
    host,
    head,
    planPush(served, target),
    1,
    () => {},
    () => {},
    uploads,
  )
}
async function plannedTo(host: string, uploads: Uploads) {
  const target = { registry: host, prefix: '', keepRegistry: false }
  const steps = await planSteps(clientFor([host]).client, host, planPush(served, target), 1, uploads)
  return steps.filter(({ kind, todo }) => kind === 'blob' && todo === 'send').reduce((sum, { size }) => sum + size, 0)
}
const newUploads = (): Uploads => ({ folder: join(temporary, `uploads${folders++}`), least })
const plan = planPush(served, { registry: 'r', prefix: '', keepRegistry: false })
const large = plan.blobs.filter(({ entry }) => entry.size >= least)
const total = large.reduce((sum, { entry }) => sum + entry.size, 0)

test('within a run: what came before a break is not sent again', async () => {
  const registry = await registryOf([700, 300, 0])
  const uploads = newUploads()
  const pushed = await pushTo(registry.host, uploads)
  assert.equal(registry.received(), total)
  assert.ok(large.length > 0 && plan.blobs.every(({ digest }) => registry.blobs.has(digest)))
  assert.equal(pushed.sent, plan.blobs.length)
  assert.deepEqual(readdirSync(uploads.folder), [])
  await registry.close()
})

test('in the next run, as after a kill: it goes on where it stopped, and the dry run says how much that is', async () => {
  const registry = await registryOf([700], true)
  const uploads = newUploads()
  await assert.rejects(pushTo(registry.host, uploads), /answers 503, \d times/)
  const [file = ''] = readdirSync(uploads.folder)
  assert.equal(statSync(join(uploads.folder, file)).mode & 0o777, 0o600)
  assert.equal(statSync(uploads.folder).mode & 0o777, 0o700)
  registry.revive()
  const left = await plannedTo(registry.host, uploads)
  const { bytes } = await pushTo(registry.host, uploads)
  assert.equal(registry.received(), total)
  assert.equal(bytes, left)
  await registry.close()
})

test('an upload that the registry no longer knows is begun anew', async () => {
  const registry = await registryOf([700], true)
  const uploads = newUploads()
  await assert.rejects(pushTo(registry.host, uploads), /answers 503/)
  registry.revive()
  registry.uploads.clear()
  await pushTo(registry.host, uploads)
  assert.equal(registry.received(), total + 700)
  await registry.close()
})

test('an upload whose place nobody answers at any more is begun anew, and not asked for in every run again', async () => {
  for (const place of ['https://127.0.0.1:1/gone', 'http://elsewhere.invalid/gone', '/v2/x/broken']) {
    const registry = await registryOf([])
    const uploads = newUploads()
    for (const blob of large) await noteUpload(uploads, placeOf(registry.host, blob), place)
    assert.equal(
      await plannedTo(registry.host, uploads),
      plan.blobs.reduce((sum, { entry }) => sum + entry.size, 0),
    )
    await pushTo(registry.host, uploads)
    assert.equal(registry.received(), total, place)
    assert.deepEqual(readdirSync(uploads.folder), [])
    await registry.close()
  }
})

test('an upload that is refused at its end is forgotten: the run after that sends all of it', async () => {
  const registry = await registryOf([700], true)
  const uploads = newUploads()
  await assert.rejects(pushTo(registry.host, uploads), /answers 503/)
  registry.revive()
  for (const bytes of registry.uploads.values()) bytes.fill(1)
  await assert.rejects(pushTo(registry.host, uploads), /answers 400/)
  assert.deepEqual(readdirSync(uploads.folder), [])
  await pushTo(registry.host, uploads)
  assert.ok(plan.blobs.every(({ digest }) => registry.blobs.has(digest)))
  await registry.close()
})

test('what another living process is at, and what is no note, is left alone', async () => {
  const uploads = newUploads()
  await noteUpload(uploads, 'key', '/v2/place')
  assert.equal(await recallUpload(uploads, 'key'), '/v2/place')
  assert.equal(await recallUpload(uploads, 'another'), undefined)
  const [file = ''] = readdirSync(uploads.folder)
  for (const note of ['{', 'null', '{"pid":1}', JSON.stringify({ pid: process.ppid, place: '/v2/place' })]) {
    writeFileSync(join(uploads.folder, file), note)
    assert.equal(await recallUpload(uploads, 'key'), undefined, note)
  }
  await forgetUpload(uploads, 'key')
  assert.deepEqual(readdirSync(uploads.folder), [])
})

test.run()
