import * as assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { newKeyPair } from '../../bundles/keys.ts'
import { fixedKey, key, smallBundle, smallVolumes, temporary } from './small.ts'

const main = join(dirname(fileURLToPath(import.meta.url)), '../../scripts/main.ts')

function redoubt(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: temporary,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', XDG_CACHE_HOME: join(temporary, 'xdg') },
  })
  return { status, stdout, stderr }
}

const bundle = await smallBundle('lab-0.1.0.tar')
const publicKey = join(temporary, 'right.pub')
const wrongKey = join(temporary, 'wrong.pub')
writeFileSync(publicKey, key.publicPem)
writeFileSync(wrongKey, fixedKey(9).publicPem)

test('keygen makes a pair that only its owner reads, and never overwrites it unasked', () => {
  const folder = join(temporary, 'keys')
  assert.equal(redoubt('-w', folder, 'bundle', 'keygen').status, 0)
  const secret = join(folder, 'bundle.key')
  assert.equal(statSync(secret).mode & 0o777, 0o600)
  const before = readFileSync(secret, 'utf8')
  const again = redoubt('-w', folder, 'bundle', 'keygen')
  assert.equal(again.status, 2)
  assert.match(again.stderr, /bundle.key: is already there\n.*--force/)
  assert.equal(readFileSync(secret, 'utf8'), before)
  const forced = redoubt('-w', folder, 'bundle', 'keygen', '--force', '-o', 'json')
  assert.equal(JSON.parse(forced.stdout).kind, 'BundleKey')
  assert.ok(readFileSync(secret, 'utf8') !== before)
  assert.ok(!`${forced.stdout}${forced.stderr}`.includes('PRIVATE'))
})

test('verify needs no workspace', () => {
  const { status, stdout, stderr } = redoubt('bundle', 'verify', bundle, '--key', publicKey)
  assert.equal(status, 0, stderr)
  assert.match(stdout, /^lab 0.1.0, Kubernetes v1.36.3, signed by sha256:[0-9a-f]{64}\n$/)
})

test('verify -o json: events on stderr, a line each, and the result on stdout', () => {
  const good = redoubt('bundle', 'verify', bundle, '--key', publicKey, '-o', 'json')
  assert.equal(JSON.parse(good.stdout).kind, 'BundleVerified')
  const events = (stderr: string) =>
    stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  const said = events(good.stderr).map(({ event }) => event)
  assert.deepEqual([said[0], said.at(-1)], ['begin', 'end'])
  const bad = redoubt('bundle', 'verify', bundle, '--key', wrongKey, '-o', 'json')
  assert.deepEqual([bad.status, bad.stdout], [4, ''])
  assert.match(events(bad.stderr).at(-1).text, /is not signed by this key/)
  // Elsewhere it stays text.
  assert.match(redoubt('bundle', 'inspect', bundle, '-o', 'json').stderr, /^! the signature was NOT checked/)
})

test('a key in the place of a bundle is called one', () => {
  for (const args of [['verify'], ['verify', '--volume'], ['inspect'], ['extract', '--to', 'nowhere']]) {
    const { status, stderr } = redoubt('bundle', ...args, publicKey, '--key', publicKey)
    assert.equal(status, 2, stderr)
    assert.match(stderr, /right.pub: is no bundle, but a public key in PEM\n.*--key bundle.pub/)
  }
})

test('a group of commands alone: help, and what was wrong', () => {
  for (const given of ['bundle', 'pki']) {
    const { status, stdout, stderr } = redoubt(given)
    assert.equal(status, 2)
    assert.match(stdout, new RegExp(`^ +${given} \\w+ `, 'm'))
    assert.equal(stderr, `error: \`redoubt ${given}\` alone is no command: name one of those above\n`)
  }
})

test('another key: exit 4, nothing on stdout', () => {
  for (const command of ['verify', 'inspect']) {
    const { status, stdout, stderr } = redoubt('bundle', command, bundle, '--key', wrongKey)
    assert.equal(status, 4)
    assert.equal(stdout, '')
    assert.match(stderr, /is not signed by this key/)
  }
})

test('inspect says when the signature was not checked', () => {
  const plain = redoubt('bundle', 'inspect', bundle)
  assert.equal(plain.status, 0)
  assert.match(plain.stderr, /signature was NOT checked/)
  assert.match(plain.stdout, /^image +redoubt.dev\/etcd:v1.0.0-b1 .* \(program\) +sha256/m)
  const json = JSON.parse(redoubt('bundle', 'inspect', bundle, '-o', 'json').stdout)
  assert.equal(json.signed, null)
  assert.equal(json.items[0].kind, 'executable')
  const checked = JSON.parse(redoubt('bundle', 'inspect', bundle, '--key', publicKey, '-o', 'json').stdout)
  assert.match(checked.signed, /^[0-9a-f]{64}$/)
})

test('inspect and sbom check the workspace’s own bundle with the workspace’s own key', async () => {
  const own = join(temporary, 'own')
  mkdirSync(own)
  writeFileSync(join(own, 'redoubt.yaml'), spec)
  copyFileSync(bundle, join(own, 'lab-0.1.0.tar'))
  copyFileSync(publicKey, join(own, 'bundle.pub'))
  assert.match(redoubt('-w', own, 'bundle', 'inspect').stderr, /signed by sha256:/)
  assert.ok(!redoubt('-w', own, 'bundle', 'sbom').stderr.includes('NOT checked'))
  assert.match(redoubt('-w', own, 'bundle', 'inspect', bundle).stderr, /NOT checked/)
  copyFileSync(wrongKey, join(own, 'bundle.pub'))
  for (const command of ['inspect', 'sbom']) assert.equal(redoubt('-w', own, 'bundle', command).status, 4)
})

test('a volume alone: verify says which are missing, --volume checks it, inspect shows what all hold', async () => {
  const [first = ''] = await smallVolumes('cut-0.1.0.tar', 1_000_000)
  const alone = join(temporary, 'alone', 'cut-0.1.0.vol001.tar')
  mkdirSync(dirname(alone))
  copyFileSync(first, alone)
  assert.equal(redoubt('bundle', 'verify', join(temporary, 'cut-0.1.0.tar'), '--key', publicKey).status, 0)
  const whole = redoubt('bundle', 'verify', alone, '--key', publicKey)
  assert.equal(`${whole.status} ${whole.stdout}`, '4 ')
  assert.match(whole.stderr, /cut-0.1.0.vol002.tar: is missing: the bundle has 3 volumes.*\n.*verify --volume/)
  const one = redoubt('bundle', 'verify', '--volume', alone, '--key', publicKey)
  assert.match(one.stdout, /^volume 1 of 3 of lab 0.1.0, id [0-9a-f]{64}, signed by/)
  assert.match(one.stderr, /only this volume was checked/)
  const shown = redoubt('bundle', 'inspect', alone, '--key', publicKey, '-o', 'json')
  const { volumes, missing } = JSON.parse(shown.stdout)
  assert.deepEqual([volumes, missing.length], [3, 2])
  assert.match(shown.stderr, /vol003.tar is not here/)
})

const spec = `apiVersion: redoubt.dev/v1alpha1
kind: Cluster
metadata: {name: lab}
spec:
  kubernetes: v1.36.3
  nodes: [{name: cp1, role: control-plane, address: 10.77.0.11}]
`
const keys = join(dirname(main), '../test/fixtures/keys')
const served = ['serve', bundle, '--key', publicKey, '--listen', '127.0.0.1:0', '--tls-cert']
const tlsKey = join(temporary, 'tls.key')
writeFileSync(tlsKey, newKeyPair().privateKey)
const mistakes: { name: string; args: string[]; files?: Record<string, string>; status: number; stderr: RegExp }[] = [
  { name: 'no spec', args: ['build'], status: 2, stderr: /redoubt.yaml: no such file\n.*redoubt init/ },
  {
    name: 'no key',
    args: ['build'],
    files: { 'redoubt.yaml': spec },
    status: 2,
    stderr: /bundle.key: no such file\n.*bundle keygen/,
  },
  { name: 'jobs', args: ['build', '--jobs', '0'], files: { 'redoubt.yaml': spec }, status: 2, stderr: /--jobs 0/ },
  {
    name: 'a volume that FAT32 does not hold',
    args: ['build', '--volume-size', '5G'],
    files: { 'redoubt.yaml': spec },
    status: 2,
    stderr: /--volume-size 5G: at most 4G/,
  },
  ...[[], ['--dry-run']].map((dry) => ({
    name: `a volume without room for the executable${dry}`,
    args: ['build', '--volume-size', '7M', ...dry],
    files: { 'redoubt.yaml': spec },
    status: 2,
    stderr: /--volume-size 7M: at least 128M\n.*executable/,
  })),
  {
    name: 'no size',
    args: ['build', '--volume-size', '10 MB'],
    files: { 'redoubt.yaml': spec },
    status: 2,
    stderr: /--volume-size 10 MB: expected a size like 700M/,
  },
  {
    name: 'a lock of another version',
    args: ['build', '--dry-run'],
    files: {
      'redoubt.yaml': spec,
      'redoubt.lock.yaml': fixtureLock().replace('kubernetes: v1.36.3', 'kubernetes: v1.35.4'),
    },
    status: 2,
    stderr: /is of Kubernetes v1.35.4, redoubt.yaml of Kubernetes v1.36.3\n.*bundle lock --update/,
  },
  {
    name: 'a lock of other modules',
    args: ['build', '--dry-run'],
    files: { 'redoubt.yaml': spec, 'redoubt.lock.yaml': fixtureLock() },
    status: 2,
    stderr: /pins other Go modules for k8s.io\/kubernetes.*\n.*bundle lock --update/,
  },
  {
    name: 'a lock that is there',
    args: ['lock'],
    files: { 'redoubt.yaml': spec, 'redoubt.lock.yaml': fixtureLock() },
    status: 2,
    stderr: /redoubt.lock.yaml: is already there/,
  },
  {
    name: 'nothing to carry',
    args: ['build', '--dry-run'],
    files: { 'redoubt.yaml': 'apiVersion: redoubt.dev/v1alpha1\nkind: Bundle\nmetadata: {name: tools}\nspec: {}\n' },
    status: 0,
    stderr: /redoubt.yaml names no image, chart, manifest, release or file/,
  },
  { name: 'no bundle named', args: ['verify'], status: 2, stderr: /no bundle is named.*\n.*Name its file/ },
  {
    name: 'no certificate',
    args: [...served, join(keys, 'ledger.json'), '--tls-key', 'none'],
    status: 2,
    stderr: /none: no such file\n.*--tls-key/,
  },
  {
    name: 'a certificate that is none',
    args: [...served, join(keys, 'ledger.json'), '--tls-key', join(keys, 'ledger.json')],
    status: 2,
    stderr: /ledger.json: holds no certificate in PEM/,
  },
  {
    name: 'a key that is none',
    args: [...served, join(keys, 'admin.crt'), '--tls-key', join(keys, 'ledger.json')],
    status: 2,
    stderr: /ledger.json: holds no private key without a password in PEM/,
  },
  {
    name: 'a key of another certificate',
    args: [...served, join(keys, 'admin.crt'), '--tls-key', tlsKey],
    status: 2,
    stderr: /tls.key: is not the key of .*admin.crt/,
  },
]

function fixtureLock(): string {
  return readFileSync(join(dirname(main), '../test/fixtures/redoubt.lock.yaml'), 'utf8')
}

for (const { name, args, files = {}, status, stderr } of mistakes)
  test(`answered with what to do: ${name}`, () => {
    const folder = join(temporary, name.replaceAll(' ', '-'))
    mkdirSync(folder)
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
    const result = redoubt('-w', folder, 'bundle', ...args)
    assert.equal(result.status, status, result.stderr)
    assert.match(result.stderr, stderr)
    assert.ok(!existsSync(join(folder, 'lab-0.1.0.tar')))
  })

test.run()
