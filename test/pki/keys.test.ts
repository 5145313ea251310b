import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import { type KeyChoice, keyChoices } from '../../cluster/spec-shape.ts'
import { checkFiles } from '../../pki/check.ts'
import { checkWithOpenssl } from '../../pki/check-trust.ts'
import { initPki } from '../../pki/init.ts'
import { privatePem } from '../../pki/issue.ts'
import { generateKey, type KeyKind, keyKinds, kindOf } from '../../pki/keys.ts'
import { loadPublicPki } from '../../pki/public.ts'
import { certificatesOf } from '../../pki/required.ts'
import { identityKey, issueClient } from '../../pki/short-lived.ts'
import { init, issuedIds, now, small, snapshot, specOf, withKeys, withPki } from './helper.ts'

const specWith = (keys: KeyChoice) => specOf(1, 1, `  pki: {keys: ${keys}}`)

/** Makes a PKI in which all authorities share a key and all leaves another: RSA keys are slow to make. */
async function madeWith(folder: string, keys: KeyChoice): Promise<void> {
  const spec = specWith(keys)
  const kinds = new Map<KeyKind, KeyObject>()
  for (const kind of new Set(Object.values(keyKinds[keys]))) kinds.set(kind, await generateKey(kind))
  for (const { id, key } of certificatesOf(spec)) {
    mkdirSync(dirname(join(folder, id)), { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, `${id}.key`), privatePem(kinds.get(key) as KeyObject), { mode: 0o600 })
  }
  writeFileSync(join(folder, 'service-account.key'), privatePem(kinds.get(keyKinds[keys].leaves) as KeyObject), {
    mode: 0o600,
  })
  await initPki({ spec, folder, now })
}

const expected: Record<KeyChoice, { signed: RegExp; leaf: RegExp; usage: RegExp }> = {
  'ecdsa-p256': { signed: /ecdsa-with-SHA384/, leaf: /NIST CURVE: P-256/, usage: /critical\s+Digital Signature\n/ },
  'ecdsa-p384': { signed: /ecdsa-with-SHA384/, leaf: /NIST CURVE: P-384/, usage: /critical\s+Digital Signature\n/ },
  'rsa-3072': {
    signed: /sha384WithRSAEncryption/,
    leaf: /Public-Key: \(3072 bit\)/,
    usage: /critical\s+Digital Signature, Key Encipherment\n/,
  },
  'rsa-4096': {
    signed: /sha384WithRSAEncryption/,
    leaf: /Public-Key: \(4096 bit\)/,
    usage: /critical\s+Digital Signature, Key Encipherment\n/,
  },
}

for (const keys of keyChoices)
  test(`${keys}: node and openssl find nothing wrong, and certificates say what they should`, () =>
    withKeys(async (folder) => {
      await madeWith(folder, keys)
      const spec = specWith(keys)
      const files = await checkFiles(spec, folder, now)
      const opinion = await checkWithOpenssl(files, now, new AbortController().signal)
      assert.deepEqual([...files.findings, ...opinion.findings], [])
      await loadPublicPki(folder, spec)
      const text = (id: string) =>
        execFileSync('openssl', ['x509', '-in', join(folder, `${id}.crt`), '-noout', '-text'], { encoding: 'utf8' })
      for (const id of ['apiserver/cp1', 'etcd-peer/cp1', 'admin', 'kubelet-client/w1'])
        for (const pattern of Object.values(expected[keys])) assert.match(text(id), pattern, id)
      assert.match(text('client-ca'), /critical\s+Certificate Sign, CRL Sign\n/)
      const account = createPrivateKey(readFileSync(join(folder, 'service-account.key')))
      assert.equal(kindOf(account), keyKinds[keys].leaves)
    }))

test('short-lived identities have keys of the same kind', () =>
  withPki(specOf(1, 0, '  pki: {keys: ecdsa-p384}'), async (keysFolder) => {
    const made = await identityKey('ecdsa-p384')
    const request = { keysFolder, key: made, issuer: 'client-ca', user: 'a', groups: [], minutes: 5, now } as const
    const { key } = await issueClient(request)
    assert.equal(kindOf(createPrivateKey(key)), 'P-384')
  }))

test('the default is P-256 below P-384', () => {
  const kinds = certificatesOf(specOf(1, 1)).map(
    ({ key, profile }) => `${profile.authority ? 'authority' : 'leaf'} ${key}`,
  )
  assert.deepEqual([...new Set(kinds)], ['authority P-384', 'leaf P-256'])
})

for (const [keys, message] of [
  ['ecdsa-p384', /spec\.pki\.keys is ecdsa-p384, .* service-account\.key is P-256, expected P-384/],
  ['rsa-3072', /spec\.pki\.keys is rsa-3072, .* root is P-384, expected RSA-4096/],
] as const)
  test(`keys made with the default are refused where ${keys} is asked for, and no byte changes`, () =>
    withPki(small, async (folder) => {
      const before = await snapshot(folder)
      const other = specOf(1, 0, `  pki: {keys: ${keys}}`)
      await assert.rejects(initPki({ spec: other, folder, now }), { code: 'usage', message, hint: /chosen once/ })
      assert.deepEqual(await snapshot(folder), before)
      const { findings } = await checkFiles(other, folder, now)
      assert.match(findings.find(({ subject }) => subject === 'keys/')?.problem ?? '', message)
      await assert.rejects(loadPublicPki(folder, other), {
        code: 'usage',
        message: /its key is P-\d+, spec\.pki\.keys asks/,
      })
    }))

test('a leaf whose key is of another kind is issued anew', () =>
  withPki(small, async (folder) => {
    const key = await generateKey('P-384')
    writeFileSync(join(folder, 'admin.key'), privatePem(key))
    rmSync(join(folder, 'admin.crt'))
    assert.deepEqual(issuedIds(await init(folder)), ['admin'])
    assert.equal(kindOf(createPrivateKey(readFileSync(join(folder, 'admin.key')))), 'P-256')
  }))

test.run()
