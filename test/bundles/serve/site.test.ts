// What is served beside images: packages as apt takes them, charts, files; and how answers of bytes go.

import * as assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import { openOne } from '../../../bundles/read/archive.ts'
import type { BundleHead } from '../../../bundles/read.ts'
import { answer } from '../../../bundles/serve/answer.ts'
import { aptRepository, readPackages } from '../../../bundles/serve/apt.ts'
import type { Asked } from '../../../bundles/serve/bytes.ts'
import type { Served } from '../../../bundles/serve/repositories.ts'
import { serveBundle } from '../../../bundles/serve/server.ts'
import { buildSite } from '../../../bundles/serve/site.ts'
import type { Lock } from '../../../cluster/lock.ts'
import { digestOf } from '../../../lib/hash.ts'
import { temporary } from '../small.ts'

const exec = promisify(execFile)
const { signal } = new AbortController()
const nothing: Served = { whole: new Map(), repositories: new Map(), partial: new Map(), blobs: new Map() }

/** A head of blobs that stand one after another in a file, and a lock that says what they are. */
async function headOf(name: string, blobs: Buffer[], lock: (digests: string[]) => object): Promise<BundleHead> {
  const path = join(temporary, name)
  await writeFile(path, Buffer.concat(blobs))
  const digests = blobs.map(digestOf)
  let offset = 0
  const contents = blobs.map((blob, index) => {
    const sha256 = digests[index]?.slice(7) ?? ''
    const entry = { path: `blobs/sha256/${sha256}`, offset, size: blob.length, sha256 }
    offset += blob.length
    return entry
  })
  const lists = { packages: [], imagePackages: [], files: [], images: [], charts: [], manifests: [], releases: [] }
  return {
    archive: await openOne(path),
    statement: { name: 'lab', version: '0.1.0' },
    contents,
    lock: { ...lists, components: {}, ...lock(digests) } as unknown as Lock,
  } as unknown as BundleHead
}

/** A package, made by the real dpkg-deb. */
async function deb(name: string, version: string, depends = ''): Promise<Buffer> {
  const root = join(temporary, `deb-${name}`)
  await mkdir(join(root, 'DEBIAN'), { recursive: true })
  const control = [`Package: ${name}`, `Version: ${version}`, 'Architecture: all', 'Maintainer: A <a@example.org>']
  const fields = [...control, ...(depends ? [`Depends: ${depends}`] : []), 'Description: x', ' more of x', '']
  await writeFile(join(root, 'DEBIAN/control'), fields.join('\n'))
  await exec('dpkg-deb', ['--root-owner-group', '-b', root, `${root}.deb`])
  return readFile(`${root}.deb`)
}

const packaged = async () => {
  const debs = [await deb('redoubt-a', '1:2.0+b1', 'redoubt-b (>= 1)'), await deb('redoubt-b', '1.0~rc1')]
  const named = [
    { name: 'redoubt-a', version: '1:2.0+b1' },
    { name: 'redoubt-b', version: '1.0~rc1' },
  ]
  return {
    debs,
    head: await headOf('packages', debs, (digests) => ({
      packages: named.map((entry, index) => ({
        ...entry,
        architecture: 'all',
        digest: digests[index],
        size: debs[index]?.length,
      })),
    })),
  }
}

test('apt itself reads the repository, resolves what depends on what, and fetches packages that it checks', async () => {
  const { debs, head } = await packaged()
  const packages = (await readPackages(head, signal)) ?? []
  const stop = new AbortController()
  const root = join(temporary, 'apt')
  for (const folder of ['etc/apt', 'var/lib/apt/lists/partial', 'var/lib/dpkg', 'var/cache/apt/archives/partial'])
    await mkdir(join(root, folder), { recursive: true })
  await writeFile(join(root, 'var/lib/dpkg/status'), '')
  const statuses: string[] = []
  const options = { archive: head.archive, served: nothing, address: '127.0.0.1', port: 0, signal: stop.signal }
  const site = buildSite(head, packages)
  let apt = async (..._: string[]) => ({ stdout: '', stderr: '' })
  await new Promise<void>((resolve, reject) => {
    const onAnswer = (_: string, target: string, status: number) => statuses.push(`${status} ${target}`)
    serveBundle({ ...options, site, onAnswer }, (port) => {
      apt = async (...words) =>
        exec('apt-get', ['-o', `Dir=${root}`, '-o', `Dir::State::status=${root}/var/lib/dpkg/status`, ...words], {
          cwd: root,
          env: { ...process.env, LC_ALL: 'C', http_proxy: '', no_proxy: '*' },
        })
      const work = async () => {
        await writeFile(join(root, 'etc/apt/sources.list'), `deb [trusted=yes] http://127.0.0.1:${port}/apt ./\n`)
        const { stderr } = await apt('-o', 'APT::Sandbox::User=', 'update')
        assert.equal(stderr, '')
        const { stdout } = await apt('-s', 'install', 'redoubt-a')
        assert.match(stdout, /Inst redoubt-b \(1.0~rc1[\s\S]*Inst redoubt-a \(1:2.0\+b1/)
        await apt('-o', 'APT::Sandbox::User=', 'download', 'redoubt-a', 'redoubt-b')
      }
      work()
        .finally(() => stop.abort())
        .catch(reject)
    }).then(resolve, reject)
  })
  for (const [index, file] of ['redoubt-a_1%3a2.0+b1_all.deb', 'redoubt-b_1.0~rc1_all.deb'].entries())
    assert.ok(debs[index]?.equals(await readFile(join(root, file))), file)
  assert.ok(statuses.some((line) => line.startsWith('200 /apt/./Packages')))
  await head.archive.file.close()
})

test('a package that calls itself otherwise than the lock is refused', async () => {
  const { head } = await packaged()
  const [first] = head.lock.packages
  assert.ok(first)
  first.version = '9'
  await assert.rejects(readPackages(head, signal), /calls itself redoubt-a 1:2.0\+b1, the lock redoubt-a 9/)
  await head.archive.file.close()
})

test('a bundle without packages has no repository', () => assert.deepEqual(aptRepository([]), []))

test('files, charts, manifests by name; ranges of them; who has them hears so', async () => {
  const file = Buffer.from('0123456789')
  const chart = Buffer.from('a chart')
  const head = await headOf('files', [file, chart], ([one, two]) => ({
    files: [{ name: 'notes', digest: one, size: file.length }],
    manifests: [{ name: 'https://example.org/a b.yaml', digest: one, size: file.length }],
    charts: [
      { name: 'app', version: '1.0.0+1', from: 'https://example.org', archive: { digest: two, size: chart.length } },
    ],
  }))
  const site = buildSite(head, [])
  const etag = `"${digestOf(file)}"`
  const cases: [string, string, Asked['headers'], number, string | undefined][] = [
    ['GET', '/files/notes', {}, 200, '0-9'],
    ['HEAD', '/files/notes', {}, 200, '0-9'],
    ['GET', '/files/notes', { range: 'bytes=3-' }, 206, '3-9'],
    ['GET', '/files/notes', { range: 'bytes=3-', 'if-range': etag }, 206, '3-9'],
    ['GET', '/files/notes', { range: 'bytes=3-', 'if-range': 'Wed, 01 Jan 2020 00:00:00 GMT' }, 200, '0-9'],
    ['GET', '/files/notes', { range: 'bytes=10-' }, 416, undefined],
    ['GET', '/files/notes', { 'if-none-match': `"x", ${etag}` }, 304, undefined],
    ['GET', '/manifests/https://example.org/a%20b.yaml', {}, 200, '0-9'],
    ['GET', '/charts/app-1.0.0+1.tgz', {}, 200, '0-6'],
    ['GET', '/charts/index.yaml', {}, 200, undefined],
    ['GET', '/healthz', {}, 200, undefined],
    ['GET', '/', {}, 200, undefined],
    ['GET', '/files/../../etc/passwd', {}, 404, undefined],
    ['GET', '/files/%2e%2e/notes', {}, 404, undefined],
    ['GET', '/files/%', {}, 404, undefined],
    ['GET', '/apt/Packages', {}, 404, undefined],
    ['PUT', '/files/notes', {}, 405, undefined],
    ['DELETE', '/', {}, 405, undefined],
  ]
  for (const [method, target, headers, status, range] of cases) {
    const found = answer(nothing, site, { method, target, headers })
    assert.equal(found.status, status, `${method} ${target} ${JSON.stringify(headers)}`)
    if (range) assert.equal(Buffer.isBuffer(found.body) ? '' : `${found.body.start}-${found.body.end}`, range, target)
  }
  const whole = answer(nothing, site, { method: 'GET', target: '/files/notes', headers: {} })
  assert.deepEqual([whole.headers.etag, whole.headers['content-length']], [etag, '10'])
  const index = answer(nothing, site, { method: 'GET', target: '/charts/index.yaml', headers: {} })
  assert.match(
    String(index.body),
    /app:\n.*- apiVersion: v2\n.*version: 1.0.0\+1\n.*digest: [0-9a-f]{64}\n.*urls:\n.*- app-1.0.0\+1.tgz/s,
  )
  const front = answer(nothing, site, { method: 'GET', target: '/', headers: {} })
  assert.match(String(front.body), /^lab 0.1.0\n\nimages: \/v2\/_catalog\n\nFILE .*\/files\/notes +10 B/s)
  await head.archive.file.close()
})

test.run()
