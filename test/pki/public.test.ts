import * as assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { type ClusterSpec, parseSpec } from '../../cluster/spec.ts'
import { listFiles } from '../../lib/files.ts'
import { loadPublicPki } from '../../pki/public.ts'
import { certificatesOf } from '../../pki/required.ts'
import { trusts } from '../../pki/trust.ts'
import { withKeys } from './helper.ts'

// The fixture holds no private file at all: whatever is read here is public.
const fixtures = join(dirname(dirname(fileURLToPath(import.meta.url))), 'fixtures')
const keys = join(fixtures, 'keys')
const spec = parseSpec(readFileSync(join(fixtures, 'redoubt.yaml'), 'utf8'), 'redoubt.yaml')
const certificates = (pem: string) =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n/g) ?? []).map(
    (text) => new X509Certificate(text),
  )

test('the fixture is complete and holds nothing private', async () => {
  const files = await listFiles(keys)
  assert.deepEqual(
    files.filter((name) => !/\.(crt|pub)$/.test(name)),
    ['ledger.json'],
  )
  for (const name of files) assert.equal(readFileSync(join(keys, name), 'utf8').includes('PRIVATE'), false, name)
  const pki = await loadPublicPki(keys)
  for (const { id, profile } of certificatesOf(spec)) {
    assert.ok(pki.certificate(id))
    assert.ok(pki.key(id))
    if (profile.authority) assert.ok(pki.authority(id))
  }
})

test('a certificate is the leaf, then its issuer, never the root', async () => {
  const pki = await loadPublicPki(keys)
  for (const { id, issuer, profile } of certificatesOf(spec)) {
    const chain = certificates(pki.certificate(id))
    if (profile.authority) assert.equal(chain.length, 1, id)
    else {
      assert.equal(chain.length, 2, id)
      assert.equal(chain[1]?.subject, `O=lab\nCN=lab ${issuer} g1`, id)
      assert.ok(chain[1] && chain[0]?.verify(chain[1].publicKey), id)
    }
  }
})

test('bundles and trust files keep the order of the table', async () => {
  const pki = await loadPublicPki(keys)
  assert.equal(pki.bundle(['root', 'server-ca']), pki.authority('root') + pki.authority('server-ca'))
  for (const name of Object.keys(trusts) as (keyof typeof trusts)[])
    assert.equal(pki.trust(name), pki.bundle(trusts[name].authorities), name)
})

test('keys and secrets are references', async () => {
  const pki = await loadPublicPki(keys)
  const shape = (entry: { ref: string; sha256: string; size: number }) => {
    assert.match(entry.sha256, /^[0-9a-f]{64}$/)
    assert.ok(entry.size > 0)
    return entry.ref
  }
  assert.equal(shape(pki.key('apiserver/cp1')), 'apiserver/cp1.key')
  assert.equal(shape(pki.key('kubelet-client-ca')), 'kubelet-client-ca.key')
  assert.equal(shape(pki.secret('service-account')), 'service-account.key')
  assert.equal(shape(pki.secret('encryption')), 'encryption.key')
  assert.equal(shape(pki.secret('encryption-config')), 'encryption-config.yaml')
  assert.match(pki.publicKey('service-account'), /^-----BEGIN PUBLIC KEY-----\n/)
  assert.equal(pki.cluster, 'lab')
})

test('what is missing is named, with the remedy', async () => {
  const pki = await loadPublicPki(keys)
  const where = (name: string) => join(keys, name)
  const hint = /redoubt pki init/
  assert.throws(() => pki.certificate('apiserver/cp2'), { code: 'usage', where: where('apiserver/cp2.crt'), hint })
  assert.throws(() => pki.key('apiserver/cp2'), { code: 'usage', where: where('apiserver/cp2.key'), hint })
  assert.throws(() => pki.authority('mesh-ca'), { code: 'usage', message: /no certificate mesh-ca/ })
  assert.throws(() => pki.authority('admin'), { code: 'usage', message: /admin is no authority/ })
  assert.throws(() => pki.secret('toString'), { code: 'usage', message: /there is no secret toString/ })
  assert.throws(() => pki.certificate('../../etc/passwd'), { code: 'usage' })
  await assert.rejects(loadPublicPki('/nowhere'), { code: 'usage', where: '/nowhere/ledger.json', hint })
})

test('a certificate that was replaced behind the ledger is refused', () =>
  withKeys(async (folder) => {
    mkdirSync(folder)
    cpSync(keys, folder, { recursive: true })
    writeFileSync(join(folder, 'admin.crt'), readFileSync(join(folder, 'super-admin.crt')))
    const pki = await loadPublicPki(folder)
    assert.throws(() => pki.certificate('admin'), { code: 'usage', message: /admin is not in the ledger/ })
    rmSync(join(folder, 'service-account.pub'))
    await assert.rejects(loadPublicPki(folder), { code: 'usage', where: join(folder, 'service-account.pub') })
  }))

test('certificates that no longer say what the spec asks for are refused', async () => {
  assert.equal((await loadPublicPki(keys, spec)).cluster, 'lab')
  const cases: { change: (copy: ClusterSpec) => void; message: RegExp }[] = [
    {
      change: (copy) => {
        copy.spec.endpoint = 'api.lab'
      },
      message: /apiserver\/cp1: its names are .*expected .*DNS:api\.lab/,
    },
    {
      change: ({ spec: { nodes } }) => nodes.push({ name: 'w2', role: 'worker', address: '10.77.0.13' }),
      message: /there is no certificate kubelet-client\/w2/,
    },
    {
      change: ({ spec: { nodes } }) => nodes.splice(1, 1, { name: 'w1', role: 'worker', address: '10.77.0.99' }),
      message: /kubelet-serving\/w1: its names are/,
    },
    {
      change: ({ metadata }) => {
        metadata.name = 'prod'
      },
      message: /the keys of the cluster lab, not of prod/,
    },
  ]
  for (const { change, message } of cases) {
    const { where: _, ...copy } = spec
    const changed = structuredClone(copy)
    change(changed)
    await assert.rejects(loadPublicPki(keys, changed), { code: 'usage', message })
  }
})

test('a private file that cannot be read does not matter', () =>
  withKeys(async (folder) => {
    mkdirSync(folder)
    cpSync(keys, folder, { recursive: true })
    mkdirSync(join(folder, 'admin.key'))
    assert.equal((await loadPublicPki(folder)).key('admin').ref, 'admin.key')
  }))

test.run()
