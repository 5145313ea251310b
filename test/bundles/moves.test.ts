import * as assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { catalogFor } from '../../bundles/catalog.ts'
import { isMoved, movesOf } from '../../bundles/produce/moves.ts'
import { movePackages } from '../../bundles/produce/packages.ts'
import { type DebPackage, type LockedImage, parseLock } from '../../cluster/lock.ts'
import { digestOf } from '../../lib/hash.ts'
import { imageOf, serveFake } from './registry/fake.ts'

const here = dirname(fileURLToPath(import.meta.url))
const none = { digest: `sha256:${'0'.repeat(64)}`, size: 0 }
const image = (name: string): LockedImage => ({ name, mediaType: '', platforms: [], artifacts: [], blobs: [], ...none })
const lock = {
  ...parseLock(readFileSync(join(here, '../fixtures/redoubt.lock.yaml'), 'utf8'), 'redoubt.lock.yaml'),
  images: [image('docker.io/library/nginx:1.27'), image('quay.io/team/app:1'), image('quay.io/team/app:2')],
  charts: [
    {
      name: 'podinfo',
      version: '1.0.0',
      from: 'oci://quay.io/charts/podinfo:1.0.0',
      archive: none,
      artifact: { mediaType: '', ...none, blobs: [] },
    },
    {
      name: 'web',
      version: '1.0.0',
      from: 'https://charts.example',
      url: 'https://charts.example/web.tgz',
      archive: none,
    },
  ],
  manifests: [{ name: 'apps/a.yaml', ...none }],
}
const spec = {
  files: [],
  images: [image('docker.io/library/added:1')],
  charts: [],
  manifests: [{ name: 'apps/', ...none }],
  releases: [],
}
const catalog = catalogFor('v1.36.3', 'routes')
const fresh = 'image docker.io/library/added:1'
const moves = (...names: string[]) => [...movesOf(names, lock, spec, catalog)].filter((key) => key !== fresh).sort()

const cases: [string, string[]][] = [
  ['nginx', ['image docker.io/library/nginx:1.27']],
  ['nginx:1.27', ['image docker.io/library/nginx:1.27']],
  ['quay.io/team/app', ['image quay.io/team/app:1', 'image quay.io/team/app:2']],
  ['quay.io/team/app:2', ['image quay.io/team/app:2']],
  ['added', []],
  ['podinfo', ['chart oci://quay.io/charts/podinfo:1.0.0']],
  ['web', ['chart web']],
  ['apps', ['manifest apps/', 'manifest apps/a.yaml']],
  ['apps/new.yaml', ['manifest apps/new.yaml']],
  ['conntrack', ['package conntrack']],
  ['runc', ['package runc', 'runc']],
  ['etcd', ['etcd', 'etcdctl', 'etcdutl']],
]
for (const [name, keys] of cases) test(`${name} means ${keys.join(', ')}`, () => assert.deepEqual(moves(name), keys))

test('what is compiled together moves together', () =>
  assert.ok(['kube-apiserver', 'kubelet', 'kube-proxy'].every((name) => moves('kubelet').includes(name))))

test('a name that no pin has brings the nearest', () =>
  assert.throws(() => moves('conntrak'), {
    code: 'usage',
    message: /nothing is pinned as conntrak/,
    hint: /Did you mean conntrack\?/,
  }))

test('a difference is of what moves, or it is none of it', () => {
  const difference = (what: string) => ({ what, before: 'a', after: 'b' })
  const moving = new Set(['etcd', 'image a.io/b:1'])
  for (const what of ['etcd', 'etcd program', 'image a.io/b:1', 'image a.io/b:1 artifacts'])
    assert.ok(isMoved(difference(what), moving), what)
  for (const what of ['runc', 'etcd-druid', 'image a.io/b:10', 'package nftables'])
    assert.ok(!isMoved(difference(what), moving), what)
  assert.ok(isMoved(difference('manifest apps/new.yaml'), new Set(['manifest apps/'])))
  assert.ok(!isMoved(difference('file notes/b'), new Set(['file notes'])))
  // Packages bring others along, and images that hold them change.
  assert.ok(isMoved(difference('package libnftables1'), new Set(['package nftables'])))
  assert.ok(isMoved(difference('kube-proxy image'), new Set(['package nftables'])))
})

test('of packages the named are as now, the others as pinned', () => {
  const deb = (name: string, version: string): DebPackage => ({ name, version, architecture: 'amd64', ...none })
  const pinned = {
    packages: [deb('a', '1'), deb('b', '1')],
    imagePackages: { 'kube-proxy': [deb('b', '1')] },
    programs: { runc: deb('runc', '1') },
  }
  const current = {
    packages: [deb('a', '2'), deb('b', '2'), deb('c', '2')],
    imagePackages: { 'kube-proxy': [deb('b', '2')] },
    programs: { runc: deb('runc', '2') },
  }
  assert.deepEqual(movePackages(pinned, current, new Set(['b', 'c'])), {
    packages: [deb('a', '1'), deb('b', '2'), deb('c', '2')],
    imagePackages: { 'kube-proxy': [deb('b', '2')] },
    programs: { runc: deb('runc', '1') },
  })
})

test('lock --update NAME moves that pin alone, also when others could move', async () => {
  const temporary = mkdtempSync(join(tmpdir(), 'redoubt-moves-'))
  process.on('exit', () => rmSync(temporary, { recursive: true, force: true }))
  const old = imageOf(Buffer.from('old'))
  let now = old
  const fake = await serveFake(({ path }, response) => {
    if (path.includes('/manifests/')) {
      response.setHeader('content-type', 'application/vnd.oci.image.manifest.v1+json')
      return void response.end(now.manifest)
    }
    const served = [now.config, now.layer].find((bytes) => path.endsWith(digestOf(bytes)))
    response.writeHead(served ? 200 : 404).end(served)
  })
  mkdirSync(join(temporary, 'ws'))
  writeFileSync(
    join(temporary, 'ws/redoubt.yaml'),
    `apiVersion: redoubt.dev/v1alpha1\nkind: Bundle\nmetadata: {name: tools}\nspec:\n  images: ["${fake.host}/one:1", "${fake.host}/two:1"]\n  registries: [{host: "${fake.host}", plainHttp: true}]\n`,
  )
  const redoubt = async (...args: string[]) => {
    const child = spawn(
      process.execPath,
      [join(here, '../../scripts/main.ts'), '-w', join(temporary, 'ws'), 'bundle', 'lock', ...args],
      {
        env: { ...process.env, NO_COLOR: '1', XDG_CACHE_HOME: join(temporary, 'xdg') },
      },
    )
    const [stdout, stderr, status] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((done) => child.once('close', done)),
    ])
    return { stdout, stderr, status }
  }
  assert.equal((await redoubt()).status, 0)
  now = imageOf(Buffer.from('new'))
  const { status, stdout, stderr } = await redoubt('--update', `${fake.host}/two`)
  assert.equal(status, 0, stderr)
  assert.match(stdout, /image 127.0.0.1:\d+\/two:1 /)
  assert.doesNotMatch(stdout, /\/one/)
  const pins = parseLock(readFileSync(join(temporary, 'ws/redoubt.lock.yaml'), 'utf8'), 'l').images
  assert.deepEqual(
    pins.map((pin) => pin.digest),
    [old.digest, now.digest],
  )
  assert.match((await redoubt('two')).stderr, /wants --update|already there/)
  assert.match((await redoubt('--update', `${fake.host}/tow:1`)).stderr, /Did you mean 127.*\/two:1\?/)
  await fake.close()
})

test('what the spec has and the lock has not comes along with any name, and without names nothing moves', () => {
  assert.deepEqual([...movesOf(['web'], lock, spec, catalog)], ['chart web', fresh])
  assert.deepEqual([...movesOf([], lock, spec, catalog)], [])
})

test.run()
