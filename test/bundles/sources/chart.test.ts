// Charts from a registry and from a chart repository, over loopback: what is pinned, what is asked, what is refused.

import * as assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { cachedPath, openCache } from '../../../bundles/cache.ts'
import { collectChart, readCarried, resolveChart } from '../../../bundles/sources/chart.ts'
import { digestOf } from '../../../lib/hash.ts'
import { packChart } from '../charts/pack.ts'
import { type Answer, clientFor, serveFake } from '../registry/fake.ts'

const temporary = mkdtempSync(join(tmpdir(), 'redoubt-chart-'))
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }))
let caches = 0
const newCache = () => openCache(join(temporary, `cache${caches++}`))

const archive = packChart('app', { 'values.yaml': 'image: nginx:1.27\n' }, '1.0.0+b1')
const config = Buffer.from('{"name":"app","version":"1.0.0+b1"}')
const describe = (bytes: Buffer, mediaType: string) => ({ mediaType, digest: digestOf(bytes), size: bytes.length })
const manifestOf = (layer: Buffer, configType = 'application/vnd.cncf.helm.config.v1+json') =>
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      config: describe(config, configType),
      layers: [describe(layer, 'application/vnd.cncf.helm.chart.content.v1.tar+gzip')],
    }),
  )
const registry =
  (manifest: Buffer, layer = archive): Answer =>
  ({ path }, response) => {
    const served: Record<string, Buffer> = {
      '/v2/charts/app/manifests/1.0.0_b1': manifest,
      [`/v2/charts/app/manifests/${digestOf(manifest)}`]: manifest,
      [`/v2/charts/app/blobs/${digestOf(config)}`]: config,
      [`/v2/charts/app/blobs/${digestOf(layer)}`]: layer,
    }
    const bytes = served[path]
    if (bytes === manifest) response.setHeader('content-type', 'application/vnd.oci.image.manifest.v1+json')
    response.writeHead(bytes ? 200 : 404).end(bytes)
  }
const wanted = (host: string) => ({
  oci: `oci://${host}/charts/app:1.0.0+b1`,
  values: undefined,
  where: 'redoubt.yaml:8:7',
})

test('a chart of a registry is its artifact, byte by byte; pinned, it is fetched by digest', async () => {
  const manifest = manifestOf(archive)
  const fake = await serveFake(registry(manifest))
  const { client } = clientFor([fake.host])
  const first = await newCache()
  const { locked, library } = await resolveChart(client, first, wanted(fake.host))
  const read = await readCarried(first, locked)
  assert.deepEqual([locked.name, locked.version, read.appVersion, library], ['app', '1.0.0+b1', '2.5', false])
  assert.deepEqual(locked.archive, { digest: digestOf(archive), size: archive.length })
  assert.equal(locked.artifact?.digest, digestOf(manifest))
  assert.equal(locked.artifact?.blobs.length, 3)
  fake.asked.length = 0
  const cache = await newCache()
  await collectChart(client, cache, locked)
  assert.ok(fake.asked.every(({ path }) => path.includes('sha256:')))
  for (const { digest } of locked.artifact?.blobs ?? [])
    assert.equal(digestOf(readFileSync(cachedPath(cache, digest))), digest)
  // What is damaged in the cache is fetched again.
  writeFileSync(cachedPath(cache, locked.archive.digest), Buffer.alloc(locked.archive.size))
  await collectChart(client, cache, locked)
  assert.equal((await readCarried(cache, locked)).name, 'app')
  await fake.close()
})

test('an image is no chart', async () => {
  const fake = await serveFake(registry(manifestOf(archive, 'application/vnd.oci.image.config.v1+json')))
  const { client } = clientFor([fake.host])
  await assert.rejects(resolveChart(client, await newCache(), wanted(fake.host)), {
    code: 'failed',
    where: 'redoubt.yaml:8:7',
    message: /is no Helm chart/,
    hint: /`images`/,
  })
  await fake.close()
})

const indexOf = (digest: string) =>
  `entries:\n  app:\n  - name: app\n    version: 1.0.0+b1\n    digest: ${digest}\n    urls: [files/app.tgz]\n`
const repository =
  (index: string, bytes = archive): Answer =>
  ({ path, headers }, response) => {
    if (headers.authorization !== `Basic ${Buffer.from('me:secret').toString('base64')}`)
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="charts"' }).end()
    const served: Record<string, string | Buffer> = { '/stable/index.yaml': index, '/stable/files/app.tgz': bytes }
    response.writeHead(served[path] ? 200 : 404).end(served[path])
  }
const ofRepository = (host: string, name = 'app') => ({
  repository: `http://${host}/stable`,
  name,
  version: '1.0.0+b1',
  values: undefined,
  where: 'redoubt.yaml:8:7',
})

test('a chart of a repository is its archive; credentials are those of registries; pinned, no index is asked', async () => {
  const fake = await serveFake(repository(indexOf(digestOf(archive))))
  const { client } = clientFor([fake.host], { [fake.host]: { user: 'me', password: 'secret' } })
  const { locked } = await resolveChart(client, await newCache(), ofRepository(fake.host))
  assert.deepEqual(locked, {
    name: 'app',
    version: '1.0.0+b1',
    from: `http://${fake.host}/stable`,
    url: `http://${fake.host}/stable/files/app.tgz`,
    archive: { digest: digestOf(archive), size: archive.length },
  })
  fake.asked.length = 0
  await collectChart(client, await newCache(), locked)
  assert.ok(fake.asked.every(({ path }) => path === '/stable/files/app.tgz'))
  await fake.close()
})

const lies: { name: string; answer: Answer; chart?: string; code: string; message: RegExp }[] = [
  {
    name: 'another digest than the index says',
    answer: repository(indexOf('f'.repeat(64))),
    code: 'integrity',
    message: /index says/,
  },
  {
    name: 'another chart',
    answer: repository(indexOf('').replaceAll('app', 'other').replace('other.tgz', 'app.tgz')),
    chart: 'other',
    code: 'integrity',
    message: /not other/,
  },
  {
    name: 'more than a chart may have',
    answer: repository(indexOf(''), Buffer.alloc(21 << 20)),
    code: 'failed',
    message: /more than/,
  },
  {
    name: 'no archive',
    answer: repository(indexOf('').replace('app.tgz', 'no.tgz')),
    code: 'failed',
    message: /answers 404/,
  },
]
for (const { name, answer, chart, code, message } of lies)
  test(`a repository that has ${name} is refused`, async () => {
    const fake = await serveFake(answer)
    const { client } = clientFor([fake.host], { [fake.host]: { user: 'me', password: 'secret' } })
    const error = await resolveChart(client, await newCache(), ofRepository(fake.host, chart)).then(
      () => undefined,
      (thrown) => thrown,
    )
    assert.equal(error?.code, code, String(error))
    assert.match(error.message, message)
    assert.ok(!JSON.stringify([error.message, error.where, error.hint]).includes('secret'))
    await fake.close()
  })

test.run()
