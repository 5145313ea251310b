// What is lost, swapped, foreign or rubbish in keys/: refused by name when it cannot be made again, mended otherwise.
import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { chmodSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import type { ClusterSpec } from '../../cluster/spec.ts'
import { assertSound, init, issuedIds, ledgerOf, small, snapshot, specOf, withPki } from './helper.ts'

const worse: {
  name: string
  harm: (folder: string) => void
  code: string
  message: RegExp
  where: string
  spec?: ClusterSpec
}[] = [
  {
    name: 'an authority whose key is gone while a leaf must be issued',
    harm: (folder) => rmSync(join(folder, 'kubelet-client-ca.key')),
    spec: specOf(1, 1),
    code: 'usage',
    message: /the key of kubelet-client-ca is not here, and kubelet-client\/w1 must be issued/,
    where: 'kubelet-client-ca.key',
  },
  {
    name: 'an authority whose certificate is gone',
    harm: (folder) => rmSync(join(folder, 'etcd-ca.crt')),
    code: 'usage',
    message: /the certificate of etcd-ca is gone/,
    where: 'etcd-ca.crt',
  },
  {
    name: 'the key of another authority',
    harm: (folder) => renameSync(join(folder, 'client-ca.key'), join(folder, 'server-ca.key')),
    code: 'integrity',
    message: /server-ca: the key does not belong/,
    where: 'server-ca.key',
  },
  {
    name: 'an authority that another root signed',
    harm: (folder) => swapForForeign(folder, 'etcd-ca'),
    code: 'integrity',
    message: /etcd-ca: it is not signed by the root that is there/,
    where: 'etcd-ca.crt',
  },
  {
    name: 'a lost service-account key',
    harm: (folder) => rmSync(join(folder, 'service-account.key')),
    code: 'usage',
    message: /the secret service-account is gone/,
    where: 'service-account.key',
  },
  {
    name: 'a lost encryption key',
    harm: (folder) => rmSync(join(folder, 'encryption.key')),
    code: 'usage',
    message: /the secret encryption is gone/,
    where: 'encryption.key',
  },
  {
    name: 'a lost evidence key',
    harm: (folder) => rmSync(join(folder, 'evidence.key')),
    code: 'usage',
    message: /the secret evidence is gone/,
    where: 'evidence.key',
  },
  {
    name: 'a certificate that is none',
    harm: (folder) => writeFileSync(join(folder, 'admin.crt'), 'rubbish'),
    code: 'usage',
    message: /cannot be read as a certificate/,
    where: 'admin.crt',
  },
  {
    name: 'an empty key',
    harm: (folder) => writeFileSync(join(folder, 'admin.key'), ''),
    code: 'usage',
    message: /is no private key/,
    where: 'admin.key',
  },
  {
    name: 'a key that is a link',
    harm: (folder) => {
      rmSync(join(folder, 'admin.key'))
      symlinkSync('/dev/null', join(folder, 'admin.key'))
    },
    code: 'usage',
    message: /is no regular file/,
    where: 'admin.key',
  },
  {
    name: 'a giant',
    harm: (folder) => writeFileSync(join(folder, 'admin.crt'), Buffer.alloc(2 << 20)),
    code: 'usage',
    message: /far too large/,
    where: 'admin.crt',
  },
  {
    name: 'a ledger cut short',
    harm: (folder) => writeFileSync(join(folder, 'ledger.json'), '{"apiVersion":'),
    code: 'usage',
    message: /is no JSON/,
    where: 'ledger.json',
  },
  {
    name: 'a ledger with another field',
    harm: (folder) => writeFileSync(join(folder, 'ledger.json'), JSON.stringify({ ...ledgerOf(folder), extra: 1 })),
    code: 'usage',
    message: /extra/,
    where: 'ledger.json',
  },
  {
    name: "another cluster's keys",
    harm: (folder) =>
      writeFileSync(join(folder, 'ledger.json'), JSON.stringify({ ...ledgerOf(folder), cluster: 'prod' })),
    code: 'usage',
    message: /these are the keys of the cluster prod, not of lab/,
    where: 'ledger.json',
  },
  {
    name: 'another run at work',
    harm: (folder) => writeFileSync(join(folder, '.lock'), String(process.pid)),
    code: 'failed',
    message: /is at work here/,
    where: '.lock',
  },
]

for (const { name, harm, code, message, where, spec } of worse)
  test(`${name} is refused, named and left as it is`, () =>
    withPki(small, async (folder) => {
      harm(folder)
      const before = await snapshot(folder)
      await assert.rejects(init(folder, spec), { code, message, where: join(folder, where) })
      if (name !== 'another run at work') assert.deepEqual(await snapshot(folder), before)
    }))

const mended: { name: string; harm: (folder: string) => void; reissued: string[] }[] = [
  { name: 'a lost leaf key', harm: (folder) => rmSync(join(folder, 'admin.key')), reissued: ['admin'] },
  { name: 'a lost leaf certificate', harm: (folder) => rmSync(join(folder, 'admin.crt')), reissued: ['admin'] },
  {
    name: 'a leaf in the place of another',
    harm: (folder) => writeFileSync(join(folder, 'admin.crt'), readFileSync(join(folder, 'super-admin.crt'))),
    reissued: ['admin'],
  },
  { name: 'a leaf of a foreign authority', harm: (folder) => swapForForeign(folder, 'admin'), reissued: ['admin'] },
  { name: 'a key that others can read', harm: (folder) => chmodSync(join(folder, 'admin.key'), 0o644), reissued: [] },
  {
    name: 'a folder that others can enter',
    harm: (folder) => chmodSync(join(folder, 'apiserver'), 0o755),
    reissued: [],
  },
  { name: 'a lost kubeconfig', harm: (folder) => rmSync(join(folder, 'admin.conf')), reissued: [] },
  { name: 'a lost public key', harm: (folder) => rmSync(join(folder, 'service-account.pub')), reissued: [] },
  {
    name: 'a lost encryption configuration',
    harm: (folder) => rmSync(join(folder, 'encryption-config.yaml')),
    reissued: [],
  },
]

for (const { name, harm, reissued } of mended)
  test(`${name} is mended`, () =>
    withPki(small, async (folder) => {
      harm(folder)
      assert.deepEqual(issuedIds(await init(folder)), reissued)
      await assertSound(folder)
    }))

/** Puts a self-signed certificate of openssl, with the same subject and its key, in the place of `id`. */
function swapForForeign(folder: string, id: string): void {
  const subject = new X509Certificate(readFileSync(join(folder, `${id}.crt`))).subject.split('\n').join('/')
  const curve = id.endsWith('-ca') ? 'P-384' : 'P-256'
  const out = ['-keyout', join(folder, `${id}.key`), '-out', join(folder, `${id}.crt`)]
  const key = ['-newkey', 'ec', '-pkeyopt', `ec_paramgen_curve:${curve}`, '-nodes']
  execFileSync('openssl', ['req', '-x509', ...key, '-subj', `/${subject}`, '-days', '30', ...out], { stdio: 'pipe' })
}

test.run()
