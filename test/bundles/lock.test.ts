import * as assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { compareLocks, type Difference } from '../../bundles/lock-diff.ts'
import { type Lock, lockText, parseLock, parseLockAbout } from '../../cluster/lock.ts'

const here = dirname(fileURLToPath(import.meta.url))
const text = readFileSync(join(here, '../fixtures/redoubt.lock.yaml'), 'utf8')
const lock = () => parseLock(text, 'redoubt.lock.yaml')
const body = (yaml: string) => yaml.replace(/^#.*\n/, '')

test('a lock is written as it was read', () => {
  assert.equal(body(lockText(lock())), body(text))
  assert.equal(compareLocks(lock(), lock()).length, 0)
})

test('blobs are a line each; as older locks have them, they are read too', () => {
  const [digest, size] = [`sha256:${'a'.repeat(64)}`, 7]
  const artifact = { mediaType: 'x', digest, size, blobs: [{ digest, size: 8 }] }
  const image = {
    name: 'a/b:1',
    mediaType: 'x',
    digest,
    size,
    platforms: [],
    artifacts: [artifact],
    blobs: [{ digest, size }],
  }
  const chart = { name: 'c', version: '1', from: 'oci://c', archive: { digest, size }, artifact }
  const written = lockText({ ...lock(), images: [image], charts: [chart] })
  assert.match(written, new RegExp(`^    blobs:\n      - ${digest} 7$`, 'm'))
  const read = parseLock(written, 'redoubt.lock.yaml')
  assert.deepEqual([read.images, read.charts], [[image], [chart]])
  const older = written.replaceAll(new RegExp(`- (${digest}) (\\d)$`, 'gm'), '- {digest: $1, size: $2}')
  assert.ok(older !== written)
  assert.deepEqual(parseLock(older, 'redoubt.lock.yaml'), read)
  for (const wrong of [`${digest} -1`, `${digest} 07`, `${digest}`, digest.slice(0, -1), `${digest} 1e3`])
    assert.throws(
      () => parseLock(written.replace(`${digest} 7`, wrong), 'x'),
      { code: 'usage', where: /^x:\d+/ },
      wrong,
    )
})

const bad: { name: string; change: [string | RegExp, string]; where: RegExp; message: RegExp }[] = [
  {
    name: 'a digest too short',
    change: [/digest: sha256:0d/, 'digest: sha256:'],
    where: /:18:/,
    message: /64 hex digits/,
  },
  { name: 'an unknown field', change: ['kind: Lock', 'kind: Lock\ncolour: red'], where: /:4:/, message: /colour/ },
  { name: 'another kind', change: ['kind: Lock', 'kind: Cluster'], where: /:3:/, message: /kind/ },
  { name: 'an unknown source', change: ['kind: go', 'kind: svn'], where: /:\d+:/, message: /kind/ },
  { name: 'no YAML', change: ['apiVersion: ', 'apiVersion: ['], where: /:\d+:/, message: /./ },
]
for (const { name, change, where, message } of bad)
  test(`${name} is refused at its line`, () => {
    assert.throws(() => parseLock(text.replace(...change), 'redoubt.lock.yaml'), { code: 'usage', where, message })
  })

test('what stands before the lists is read by itself; what is no lock is refused there', () => {
  assert.deepEqual(parseLockAbout(text, 'x'), { kubernetes: lock().kubernetes, architecture: 'amd64' })
  const bundle = lockText({
    ...lock(),
    kubernetes: undefined,
    components: {},
    packages: [],
    imagePackages: [],
    files: [],
  })
  assert.deepEqual(parseLockAbout(bundle, 'x'), { kubernetes: undefined, architecture: 'amd64' })
  for (const [from, to] of [
    ['kind: Lock', 'kind: rubbish'],
    ['architecture: amd64', 'architecture: m68k'],
    ['architecture: amd64\n', ''],
    ['kubernetes: v', 'kubernetes: "\\e[2J'],
    ['apiVersion: ', 'apiVersion: ['],
  ] as const)
    assert.throws(() => parseLockAbout(text.replace(from, to), 'x'), { code: 'usage' }, to)
})

test('a lock may lack what one pod network alone needs, and nothing else', () => {
  const without = (name: string) => body(text).replace(new RegExp(`  ${name}:\n(    .*\n)+`), '')
  assert.equal(parseLock(without('cni-bridge'), 'l').components['cni-bridge'], undefined)
  assert.throws(() => parseLock(without('runc'), 'l'), { code: 'usage', message: /runc/ })
})

test('no size is read that could not be written', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const older = (size: string) =>
    `${text}images: [{name: a/b:1, mediaType: x, digest: ${digest}, size: 1, platforms: [], artifacts: [], blobs: [{digest: ${digest}, size: ${size}}]}]\n`
  const most = parseLock(older('999999999999999'), 'redoubt.lock.yaml')
  assert.deepEqual(parseLock(lockText(most), 'redoubt.lock.yaml'), most)
  for (const size of ['1000000000000000', '9007199254740993', '1e21'])
    assert.throws(() => parseLock(older(size), 'redoubt.lock.yaml'), {
      code: 'usage',
      message: /blobs\.0\.size: expected at most/,
    })
})

test('what is wrong with a line of blobs is said as it should be, without what would move a terminal', () => {
  const wrong = (line: string) =>
    `apiVersion: redoubt.dev/v1alpha1\nkind: Lock\narchitecture: amd64\nimages: [{name: a/b:1, mediaType: x, digest: sha256:${'a'.repeat(64)}, size: 1, platforms: [], artifacts: [], blobs: [${line}]}]\n`
  assert.throws(() => parseLock(wrong('"\\e[31m\\nerror: forged"'), 'redoubt.lock.yaml'), {
    message: 'images.0.blobs.0: expected sha256:, 64 hex digits, a space and a size',
  })
})

const moves: { name: string; change: (lock: Lock) => void; expected: Difference[] }[] = [
  {
    name: 'a version',
    change: (after) => {
      if (after.components.runc) after.components.runc.version = '1.1.6'
    },
    expected: [{ kind: 'component', what: 'runc', before: '1.1.5+ds1-1+deb12u1', after: '1.1.6' }],
  },
  {
    name: 'a compiler',
    change: (after) => {
      const source = after.components.etcd?.source
      if (source?.kind === 'go') source.toolchain = 'go1.27.0'
    },
    expected: [{ kind: 'component', what: 'etcd', before: 'go1.26.8', after: 'go1.27.0' }],
  },
  {
    name: 'a package that goes and one that comes',
    change: (after) => {
      const [first] = after.packages
      if (first) after.packages[0] = { ...first, name: 'added' }
    },
    expected: [
      { kind: 'package', what: 'package added', before: '-', after: '1:1.4.7-1+b2' },
      { kind: 'package', what: 'package conntrack', before: '1:1.4.7-1+b2', after: '-' },
    ],
  },
  {
    name: 'a program’s bytes',
    change: (after) => {
      if (after.components.kubelet) after.components.kubelet.binary.digest = `sha256:${'1'.repeat(64)}`
    },
    expected: [
      {
        kind: 'component',
        what: 'kubelet program',
        before: lock().components.kubelet?.binary.digest.slice(7, 19) ?? '',
        after: '111111111111',
      },
    ],
  },
  {
    name: 'a package inside one image alone',
    change: (after) => {
      const image = after.components.coredns?.image
      const [first] = after.packages
      if (image && first) image.packages = [{ ...first, name: 'clang' }]
    },
    expected: [{ kind: 'component', what: 'coredns package clang', before: '-', after: '1:1.4.7-1+b2' }],
  },
  {
    name: 'what another pod network needs',
    change: (after) => {
      delete after.components['cni-bridge']
      after.components['cilium-cni'] = after.components.runc
    },
    expected: [
      { kind: 'component', what: 'cni-bridge', before: 'v1.9.0', after: '-' },
      { kind: 'component', what: 'cilium-cni', before: '-', after: '1.1.5+ds1-1+deb12u1' },
    ],
  },
  {
    name: 'a file',
    change: (after) => {
      after.files.push({ name: 'notes', digest: `sha256:${'2'.repeat(64)}`, size: 1 })
    },
    expected: [{ kind: 'file', what: 'file notes', before: '-', after: '222222222222' }],
  },
]
for (const { name, change, expected } of moves)
  test(`what moved: ${name}`, () => {
    const after = lock()
    change(after)
    assert.deepEqual(compareLocks(lock(), after), expected)
  })

test.run()
