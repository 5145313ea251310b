// A bundle into a registry: what is sent, what is not, in which order. The other side speaks the upload protocol over real HTTP.

import * as assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import { readPublicKey } from '../../bundles/keys.ts'
import { planSteps } from '../../bundles/push/dry-run.ts'
import { planPush } from '../../bundles/push/plan.ts'
import { push } from '../../bundles/push/push.ts'
import { readHead } from '../../bundles/read.ts'
import { readRepositories, type Served } from '../../bundles/serve/repositories.ts'
import { digestOf } from '../../lib/hash.ts'
import { type Answer, clientFor, serveFake } from './registry/fake.ts'
import { key, smallBundle, smallVolumes, temporary } from './small.ts'

type Head = Awaited<ReturnType<typeof readHead>>

const withBundle = async (name: string, work: (head: Head, served: Served) => Promise<void>): Promise<void> =>
  withFile(await smallBundle(name), work)

async function withFile(path: string, work: (head: Head, served: Served) => Promise<void>): Promise<void> {
  const head = await readHead(path, readPublicKey(key.publicPem, 'key'))
  try {
    await work(head, await readRepositories(head))
  } finally {
    await head.archive.file.close()
  }
}

interface Store {
  blobs: Map<string, Set<string>>
  manifests: string[]
  answer: Answer
}

/** What a registry keeps: blobs by digest and repository, and the manifests in the order that they came. */
function storeOf(refuse: (path: string, method: string) => number | undefined = () => undefined): Store {
  const blobs: Store['blobs'] = new Map()
  const manifests: string[] = []
  const named = new Map<string, string>()
  const answer: Answer = async (asked, response, body) => {
    const status = refuse(asked.path, asked.method)
    if (status) return void response.writeHead(status).end()
    const url = new URL(asked.path, 'http://x')
    const [, repository = '', what, reference = ''] = /^\/v2\/(.+)\/(blobs|manifests)\/(.*)$/.exec(url.pathname) ?? []
    const digest = url.searchParams.get('digest') ?? url.searchParams.get('mount') ?? reference
    const keep = () => blobs.set(digest, (blobs.get(digest) ?? new Set()).add(repository))
    const tagged = named.get(`${repository}:${reference}`)
    if (asked.method === 'HEAD' && tagged)
      return void response.writeHead(200, { 'docker-content-digest': tagged }).end()
    if (asked.method === 'HEAD') return void response.writeHead(blobs.get(digest)?.has(repository) ? 200 : 404).end()
    const bytes = await body()
    if (what === 'manifests') {
      manifests.push(`${repository}:${reference}`)
      named.set(`${repository}:${reference}`, digestOf(bytes))
    }
    if (what === 'manifests') return void response.writeHead(201).end()
    if (asked.method === 'PUT') {
      assert.equal(digestOf(bytes), digest)
      keep()
    } else if (!blobs.get(digest)?.has(url.searchParams.get('from') ?? ''))
      return void response.writeHead(202, { location: `/v2/${repository}/blobs/uploads/1?state=a` }).end()
    else keep()
    response.writeHead(201).end()
  }
  return { blobs, manifests, answer }
}

async function pushTo(store: Store, head: Head, served: Served) {
  const fake = await serveFake(store.answer)
  try {
    const { client } = clientFor([fake.host])
    const plan = planPush(served, { registry: fake.host, prefix: 'site', keepRegistry: false })
    const told: string[] = []
    const onManifest = ({ repository, reference }: { repository: string; reference: string }) =>
      void told.push(`${repository}:${reference}`)
    const pushed = await push(client, fake.host, head, plan, 2, () => {}, onManifest)
    // Every one is told of when it is there.
    assert.deepEqual(
      told,
      plan.manifests.map(({ repository, reference }) => `${repository}:${reference}`),
    )
    return { plan, pushed, asked: fake.asked }
  } finally {
    await fake.close()
  }
}

test('everything arrives once; pushed again, nothing is sent', () =>
  withBundle('push.tar', async (head, served) => {
    const store = storeOf()
    const { plan, pushed } = await pushTo(store, head, served)
    assert.equal(pushed.sent + pushed.mounted, plan.blobs.length)
    assert.ok(pushed.sent > 0)
    for (const { digest, repository } of plan.blobs) assert.ok(store.blobs.get(digest)?.has(repository))
    assert.equal(store.manifests.length, plan.manifests.length)
    const again = await pushTo(store, head, served)
    assert.deepEqual([again.pushed.sent, again.pushed.mounted, again.pushed.bytes], [0, 0, 0])
    assert.deepEqual([...new Set(again.asked.map(({ method }) => method))], ['HEAD'])
  }))

test('from volumes, named by any of them or by their folder, everything arrives that the file has', async () => {
  mkdirSync(join(temporary, 'push'))
  const volumes = await smallVolumes('push/cut.tar', 500_000)
  const held: string[][] = []
  for (const path of [await smallBundle('push-whole.tar'), volumes[3] ?? '', join(temporary, 'push')])
    await withFile(path, async (head, served) => {
      const store = storeOf()
      await pushTo(store, head, served)
      held.push([...store.blobs.keys(), ...store.manifests].sort())
    })
  assert.ok((held[0]?.length ?? 0) > 3)
  assert.deepEqual(held.slice(1), [held[0], held[0]])
})

test('a push that ends in the middle goes on with what is not there yet', () =>
  withBundle('push-resume.tar', async (head, served) => {
    let uploads = 0
    let broken = true
    const store = storeOf((path) => (broken && path.includes('digest=') && uploads++ > 0 ? 500 : undefined))
    await assert.rejects(pushTo(store, head, served), /answers 500, 6 times/)
    const before = [...store.blobs.keys()]
    assert.equal(before.length, 1)
    broken = false
    const { plan, pushed, asked } = await pushTo(store, head, served)
    assert.deepEqual([pushed.there, pushed.sent + pushed.mounted], [1, plan.blobs.length - 1])
    assert.ok(!asked.some(({ path }) => path.includes(`digest=${encodeURIComponent(before[0] ?? '')}`)))
    assert.equal(store.manifests.length, plan.manifests.length)
  }))

test('a blob of two repositories is sent once and mounted; where the registry does not mount, sent again', () =>
  withBundle('push-mount.tar', async (head, served) => {
    const [first] = served.whole.values()
    assert.ok(first)
    const twice = {
      ...served,
      whole: new Map([
        ['a.example/one', first],
        ['a.example/two', first],
      ]),
    }
    const { plan, pushed } = await pushTo(storeOf(), head, twice)
    assert.deepEqual([pushed.sent, pushed.mounted], [plan.blobs.length / 2, plan.blobs.length / 2])
    const store = storeOf()
    const { answer } = store
    store.answer = (asked, response, body) =>
      answer({ ...asked, path: asked.path.replace(/from=[^&]*/, 'from=elsewhere') }, response, body)
    const unmounted = await pushTo(store, head, twice)
    assert.deepEqual([unmounted.pushed.sent, unmounted.pushed.mounted], [plan.blobs.length, 0])
  }))

test('a dry run says to the byte what a push then sends and mounts, and sends nothing', () =>
  withBundle('push-dry.tar', async (head, served) => {
    const [first] = served.whole.values()
    assert.ok(first)
    const whole = new Map([...served.whole, ['a.example/again', first] as const])
    const store = storeOf()
    const { answer } = store
    let sent = 0
    store.answer = (asked, response, body) =>
      answer(asked, response, async () => {
        const bytes = await body()
        sent += bytes.length
        return bytes
      })
    const plan = async () => {
      const fake = await serveFake(store.answer)
      const { client } = clientFor([fake.host])
      const target = { registry: fake.host, prefix: 'site', keepRegistry: false }
      const steps = await planSteps(client, fake.host, planPush({ ...served, whole }, target), 2)
      await fake.close()
      assert.deepEqual([...new Set(fake.asked.map(({ method }) => method))], ['HEAD'])
      const bytes = (todo: string) => steps.reduce((sum, step) => sum + (step.todo === todo ? step.size : 0), 0)
      const count = (todo: string) => steps.filter((step) => step.todo === todo && step.kind === 'blob').length
      return { bytes, count }
    }
    const before = await plan()
    const { pushed } = await pushTo(store, head, { ...served, whole })
    assert.equal(before.bytes('send'), sent)
    assert.deepEqual(
      [before.count('send'), before.count('mount'), before.count('nothing')],
      [pushed.sent, pushed.mounted, 0],
    )
    assert.ok(pushed.mounted > 0)
    const after = await plan()
    assert.deepEqual([after.bytes('send'), after.bytes('mount')], [0, 0])
    // A tag that names another image by now is to be sent again, and nothing else.
    const manifest = [...first.manifests.values()][0]?.digest ?? ''
    store.answer = (asked, response, body) => {
      const moved = asked.method === 'HEAD' && asked.path.includes('site/again/manifests/')
      return moved
        ? void response.writeHead(200, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }).end()
        : answer(asked, response, body)
    }
    assert.equal((await plan()).bytes('send'), served.blobs.get(manifest)?.size)
  }))

test('images of two registries that would become one repository are refused, unless kept apart', () =>
  withBundle('push-twice.tar', async (_, served) => {
    const [first] = served.whole.values()
    assert.ok(first)
    const twice = {
      ...served,
      whole: new Map([
        ['a.example/app', first],
        ['b.example/app', first],
      ]),
    }
    const target = { registry: 'r', prefix: '', keepRegistry: false }
    assert.throws(() => planPush(twice, target), /a.example\/app and b.example\/app would both become r\/app/)
    assert.equal(planPush(twice, { ...target, keepRegistry: true }).manifests[0]?.repository, 'a.example/app')
  }))

test('a registry that takes no index with platforms missing gets the one manifest under the tag, and it is said', () =>
  withBundle('push-partial.tar', async (head, served) => {
    const [name, repository] = [...served.whole][0] ?? []
    assert.ok(name && repository)
    const [child] = repository.manifests.values()
    assert.ok(child)
    const index = { ...child, digest: `sha256:${'1'.repeat(64)}`, blobs: [] }
    const place = {
      manifests: new Map([[index.digest, index], ...repository.manifests]),
      tags: new Map([['multi', index.digest]]),
    }
    const entry = served.blobs.get(child.digest)
    assert.ok(entry)
    const blobs = new Map([...served.blobs, [index.digest, entry]])
    const partial = new Map([[index.digest, [child.digest]]])
    let refused = 0
    const store = storeOf((path, method) =>
      method === 'PUT' && path.endsWith('/manifests/multi') && refused++ === 0 ? 400 : undefined,
    )
    const { pushed } = await pushTo(store, head, { ...served, whole: new Map([[name, place]]), blobs, partial })
    assert.deepEqual(
      pushed.single.map(({ reference }) => reference),
      ['multi'],
    )
    assert.ok(store.manifests.some((manifest) => manifest.endsWith(':multi')))
  }))

test.run()
