// Published files and manifests over loopback: checksums, pins, what breaks off, what has moved.

import * as assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { cachedPath, openCache } from '../../../bundles/cache.ts'
import { readFromUrl, readManifests } from '../../../bundles/sources/manifest.ts'
import { checksumIn, collectRelease, resolveRelease } from '../../../bundles/sources/release.ts'
import { askUrl } from '../../../bundles/sources/url.ts'
import { parseBundleSpec } from '../../../cluster/bundle.ts'
import { digestOf } from '../../../lib/hash.ts'
import { type Answer, clientFor, serveFake } from '../registry/fake.ts'

const temporary = mkdtempSync(join(tmpdir(), 'redoubt-release-'))
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }))
let caches = 0
const newCache = () => openCache(join(temporary, `cache${caches++}`))

const tool = Buffer.alloc(200_000, 'tool')
const hex = digestOf(tool).slice(7)
const other = 'c'.repeat(64)

const files: { name: string; text: string; found: string | undefined }[] = [
  { name: 'sha256sum', text: `${other}  other\n${hex}  tool\n`, found: hex },
  { name: 'binary mode, a folder before', text: `${hex} *./dist/tool\n`, found: hex },
  { name: 'BSD', text: `SHA256 (other) = ${other}\nSHA256 (tool) = ${hex}\n`, found: hex },
  { name: 'one alone, in capitals', text: `${hex.toUpperCase()}\n`, found: hex },
  { name: 'another file’s', text: `${hex}  tool2\n`, found: undefined },
  { name: 'two that differ', text: `${hex}  tool\n${other}  tool\n`, found: undefined },
  { name: 'SHA-512', text: `${hex}${hex}  tool\n`, found: undefined },
  { name: 'a page', text: '<html></html>', found: undefined },
]
for (const { name, text, found } of files)
  test(`a checksum file: ${name}`, () => assert.equal(checksumIn(text, 'tool'), found))

/** Ends after 120 kB, and goes on by Range. */
const flaky: Answer = ({ path, method, headers }, response) => {
  if (path === '/v1/SHA256SUMS') return void response.end(`${hex}  tool\n`)
  if (path !== '/v1/tool') return void response.writeHead(404).end()
  if (method === 'HEAD') return void response.writeHead(200, { 'content-length': tool.length }).end()
  const start = Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0)
  if (start === 0) return void response.end(tool.subarray(0, 120_000))
  response.writeHead(206, { 'content-range': `bytes ${start}-${tool.length - 1}/${tool.length}` })
  response.end(tool.subarray(start))
}
const release = (host: string, sha256: string) => ({
  name: 'tool',
  url: `http://${host}/v1/tool`,
  sha256,
  where: 'redoubt.yaml:8:7',
})

test('a release has its published checksum, is fetched on from where it broke off, and is pinned', async () => {
  const fake = await serveFake(flaky)
  const { client } = clientFor([fake.host])
  const locked = await resolveRelease(client, release(fake.host, `http://${fake.host}/v1/SHA256SUMS`))
  assert.deepEqual(locked, {
    name: 'tool',
    url: `http://${fake.host}/v1/tool`,
    digest: `sha256:${hex}`,
    size: tool.length,
  })
  const cache = await newCache()
  await collectRelease(client, cache, locked, () => {})
  assert.equal(digestOf(readFileSync(cachedPath(cache, locked.digest))), locked.digest)
  assert.ok(fake.asked.some(({ headers }) => headers.range === 'bytes=120000-'))
  await fake.close()
})

test('a store that answers GET alone says its size by a range', async () => {
  const fake = await serveFake(({ method, headers }, response) => {
    if (method === 'HEAD') return void response.writeHead(403).end()
    if (headers.range === 'bytes=0-0')
      return void response.writeHead(206, { 'content-range': 'bytes 0-0/200000' }).end('t')
    response.end(tool)
  })
  const { client } = clientFor([fake.host])
  assert.equal((await resolveRelease(client, release(fake.host, hex))).size, 200_000)
  await fake.close()
})

test('a mirror is asked before the host of a URL, under its own path', async () => {
  const fake = await serveFake((_, response) => void response.end('all'))
  const { client } = clientFor([{ host: 'files.invalid', mirrors: [`${fake.host}/hub`] }, fake.host])
  assert.equal(String(await askUrl(client, new URL('https://files.invalid/v1/tool?x=1'), 10)), 'all')
  assert.deepEqual(
    fake.asked.map(({ path }) => path),
    ['/hub/v1/tool?x=1'],
  )
  await fake.close()
})

test('a release of other bytes, or without a checksum, is refused', async () => {
  const fake = await serveFake(flaky)
  const { client } = clientFor([fake.host])
  const wrong = await resolveRelease(client, release(fake.host, other))
  await assert.rejects(
    collectRelease(client, await newCache(), wrong, () => {}),
    { code: 'integrity' },
  )
  await assert.rejects(
    resolveRelease(client, {
      ...release(fake.host, `http://${fake.host}/v1/SHA256SUMS`),
      url: `http://${fake.host}/v1/toll`,
    }),
    {
      code: 'failed',
      where: 'redoubt.yaml:8:7',
      message: /no SHA-256 of toll/,
    },
  )
  await fake.close()
})

const bundle = (manifests: string[]) =>
  parseBundleSpec(
    `apiVersion: redoubt.dev/v1alpha1\nkind: Bundle\nmetadata: {name: tools}\nspec:\n  manifests: ${JSON.stringify(manifests)}\n`,
    'redoubt.yaml',
  )
mkdirSync(join(temporary, 'apps/more'), { recursive: true })
writeFileSync(join(temporary, 'apps/b.yaml'), 'b')
writeFileSync(join(temporary, 'apps/more/a.yml'), 'a')
writeFileSync(join(temporary, 'apps/notes.txt'), 'no')
mkdirSync(join(temporary, 'linked'))
symlinkSync('/etc/hostname', join(temporary, 'linked/x.yaml'))
mkdirSync(join(temporary, 'empty'))

test('manifests are files, folders and URLs; of a URL the pin must still be there', async () => {
  let served = 'kind: Pod\n'
  const fake = await serveFake((_, response) => void response.end(served))
  const { client } = clientFor([fake.host])
  const url = `http://${fake.host}/release.yaml`
  const read = (manifests: string[], pins?: { name: string; digest: string; size: number }[]) =>
    newCache().then((cache) =>
      readManifests(bundle(manifests), temporary, async (name, where) => [
        await readFromUrl(client, cache, name, pins, where),
      ]),
    )
  const found = await read(['apps/', 'apps/notes.txt', url])
  assert.deepEqual(
    found.map(({ name }) => name),
    ['apps/b.yaml', 'apps/more/a.yml', 'apps/notes.txt', url],
  )
  const pins = [{ name: url, digest: found[3]?.blob.digest ?? '', size: served.length }]
  assert.equal((await read([url], pins))[0]?.blob.digest, pins[0]?.digest)
  served = 'kind: Job\n'
  await assert.rejects(read([url], pins), {
    code: 'failed',
    message: /not what the lock pins any more/,
    hint: /lock --update/,
  })
  await assert.rejects(read([url], []), { code: 'usage', message: /pins no/ })
  await fake.close()
})

for (const [path, message] of [
  ['missing.yaml', /no regular file and no folder/],
  ['linked', /x.yaml is no regular file/],
  ['empty', /holds no .yaml/],
  ['http://', /no URL/],
] as const)
  test(`manifests that are refused at their line: ${path}`, async () => {
    await assert.rejects(
      readManifests(bundle([path]), temporary, () => assert.fail('nothing is asked for')),
      {
        code: 'usage',
        where: 'redoubt.yaml:5:15',
        message,
      },
    )
  })

test.run()
