import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import { checkFiles, type Finding } from '../../pki/check.ts'
import { checkWithOpenssl } from '../../pki/check-trust.ts'
import type { Trust } from '../../pki/trust.ts'
import { now, specOf, withPki } from './helper.ts'

const spec = specOf(1, 1)
const signal = new AbortController().signal
const days = (count: number) => new Date(now.getTime() + count * 86_400_000)

async function findings(folder: string, at = now, both = true): Promise<{ node: string[]; openssl: string[] }> {
  const files = await checkFiles(spec, folder, at)
  const lines = (list: Finding[]) => list.map(({ subject, problem }) => `${subject}: ${problem}`)
  return {
    node: lines(files.findings),
    openssl: both ? lines((await checkWithOpenssl(files, at, signal)).findings) : [],
  }
}

test('a new PKI has no findings, by Node and by openssl', () =>
  withPki(spec, async (folder) => {
    assert.deepEqual(await findings(folder), { node: [], openssl: [] })
  }))

interface Case {
  name: string
  harm: (at: (name: string) => string) => void
  /** Each must match one finding of Node. */
  node: RegExp[]
  /** Each must match one of openssl; undefined: it need not see it. */
  openssl?: RegExp[]
}

const cases: Case[] = [
  {
    name: 'a missing key is named by its file',
    harm: (at) => rmSync(at('apiserver/cp1.key')),
    node: [/^apiserver\/cp1: its key apiserver\/cp1\.key is missing/],
  },
  {
    name: 'a missing certificate',
    harm: (at) => rmSync(at('scheduler/cp1.crt')),
    node: [/^scheduler\/cp1: scheduler\/cp1\.crt is missing/],
  },
  {
    name: 'a missing issuer',
    harm: (at) => rmSync(at('front-proxy-ca.crt')),
    node: [
      /^front-proxy-ca: .* is missing/,
      /^front-proxy-client\/cp1: its issuer front-proxy-ca is missing or unreadable/,
    ],
    openssl: [/^front-proxy-client\/cp1: openssl refuses its chain as client/],
  },
  {
    name: 'swapped keys',
    harm: (at) => {
      renameSync(at('admin.key'), at('tmp'))
      renameSync(at('super-admin.key'), at('admin.key'))
      renameSync(at('tmp'), at('super-admin.key'))
    },
    node: [/^admin: the key does not belong/, /^super-admin: the key does not/, /^admin\.key: is not the file that/],
    openssl: [/^admin: openssl: the key does not belong/, /^super-admin: openssl: the key/],
  },
  {
    name: 'swapped certificates',
    harm: (at) => copyFileSync(at('kubelet-serving/w1.crt'), at('kubelet-serving/cp1.crt')),
    node: [/^kubelet-serving\/cp1: its subject is .*w1/, /the ledger does not know it/, /the key does not belong/],
    openssl: [/^kubelet-serving\/cp1: openssl refuses its chain as server/],
  },
  {
    name: 'a certificate of the wrong authority opens what it should not',
    harm: (at) => copyFileSync(at('apiserver-etcd-client/cp1.crt'), at('admin.crt')),
    node: [/^admin: it is not signed by the client-ca that is there/],
    openssl: [/^etcd: openssl lets in admin/, /^api-clients: openssl refuses admin/],
  },
  {
    name: 'one flipped bit in a signature',
    harm: (at) => {
      const der = execFileSync('openssl', ['x509', '-in', at('admin.crt'), '-outform', 'DER'])
      der[der.length - 5] = (der[der.length - 5] ?? 0) ^ 1
      writeFileSync(at('admin.crt'), der)
    },
    node: [/^admin: it is not signed by/],
    openssl: [/^admin: openssl refuses its chain as client/],
  },
  { name: 'an empty key', harm: (at) => writeFileSync(at('admin.key'), ''), node: [/admin\.key: is no private key/] },
  {
    name: 'a key for everyone',
    harm: (at) => chmodSync(at('etcd-ca.key'), 0o640),
    node: [/^etcd-ca\.key: has mode 640: others can read it/],
  },
  {
    name: 'a folder for everyone',
    harm: (at) => chmodSync(at('apiserver'), 0o755),
    node: [/^apiserver: has mode 755/],
  },
  { name: 'keys/ for everyone', harm: (at) => chmodSync(at(''), 0o755), node: [/^keys\/: has mode 755/] },
  {
    name: 'a certificate that others write',
    harm: (at) => chmodSync(at('root.crt'), 0o666),
    node: [/^root\.crt: can be/],
  },
  {
    name: 'a link',
    harm: (at) => {
      rmSync(at('admin.conf'))
      symlinkSync('/dev/null', at('admin.conf'))
    },
    node: [/admin\.conf: is no regular file/, /^admin\.conf: is a link/],
  },
  {
    name: 'a changed encryption configuration',
    harm: (at) => writeFileSync(at('encryption-config.yaml'), 'kind: EncryptionConfiguration\n'),
    node: [/^encryption-config\.yaml: is not the file that the ledger names/],
  },
  {
    name: 'a public half of another pair',
    harm: (at) => copyFileSync(at('service-account.pub'), at('evidence.pub')),
    node: [/^evidence\.pub: is not the public half of evidence\.key/],
  },
  { name: 'a lost secret', harm: (at) => rmSync(at('encryption.key')), node: [/^encryption\.key: is missing/] },
  {
    name: 'a certificate that the ledger does not know',
    harm: (at) => {
      const ledger = JSON.parse(readFileSync(at('ledger.json'), 'utf8'))
      ledger.certificates = ledger.certificates.filter((entry: { id: string }) => entry.id !== 'admin')
      writeFileSync(at('ledger.json'), JSON.stringify(ledger))
    },
    node: [/^admin: the ledger does not know it/],
  },
]

for (const { name, harm, node, openssl } of cases)
  test(`finds: ${name}`, () =>
    withPki(spec, async (folder) => {
      harm((path) => join(folder, path))
      const found = await findings(folder, now, openssl !== undefined)
      for (const [list, expected] of [[found.node, node] as const, [found.openssl, openssl ?? []] as const])
        for (const pattern of expected)
          assert.ok(
            list.some((line) => pattern.test(line)),
            `${pattern} in ${list.join('\n')}`,
          )
    }))

const unreadable: { name: string; damage: (pem: string) => string }[] = [
  { name: 'rubbish', damage: () => 'x' },
  { name: 'nothing', damage: () => '' },
  { name: 'PEM cut short', damage: (pem) => pem.slice(0, 300) },
  { name: 'PEM around rubbish', damage: (pem) => pem.replace(/\n[^-]+\n/, '\neA==\n') },
  { name: 'no PEM', damage: (pem) => pem.replaceAll('-----', '=====') },
]
for (const { name, damage } of unreadable)
  for (const [id, dependent] of [
    ['admin', undefined],
    ['front-proxy-ca', 'front-proxy-client/cp1'],
  ] as const)
    test(`${id}.crt that is ${name} is not called missing`, () =>
      withPki(spec, async (folder) => {
        const path = join(folder, `${id}.crt`)
        writeFileSync(path, damage(readFileSync(path, 'utf8')))
        const { node } = await findings(folder, now, false)
        assert.deepEqual(node, [
          `${id}: ${path} cannot be read as a certificate. Restore it from a backup; a leaf may also be deleted: \`redoubt pki init\` issues a new one.`,
          ...(dependent ? [`${dependent}: its issuer ${id} is missing or unreadable`] : []),
        ])
      }))

test('finds what has ended and what has not begun', () =>
  withPki(spec, async (folder) => {
    const late = await findings(folder, days(91))
    assert.deepEqual(
      late.node.map((line) => line.replace(/ at .*/, '')),
      ['kubelet-client/cp1', 'kubelet-client/w1', 'admin', 'super-admin'].map((id) => `${id}: it ended`),
    )
    assert.ok(late.openssl.includes('admin: openssl refuses its chain as client'))
    const early = await findings(folder, days(-1))
    assert.equal(early.node.filter((line) => line.includes('it begins only at')).length, 24)
  }))

test('finds a trust file that authenticates clients and holds the root: etcd would let in everyone', () =>
  withPki(spec, async (folder) => {
    const files = await checkFiles(spec, folder, now)
    const wrong: Record<string, Trust> = {
      shared: { authenticates: 'clients', authorities: ['root'], usedBy: '' },
      mixed: { authenticates: 'clients', authorities: ['etcd-ca'], usedBy: '' },
    }
    const { findings: list } = await checkWithOpenssl(files, now, signal, wrong)
    assert.deepEqual(list, [{ subject: 'shared', problem: 'authenticates clients and holds the root' }])
  }))

test('without openssl the answer is a finding, not a pass', () =>
  withPki(spec, async (folder) => {
    const files = await checkFiles(spec, folder, now)
    const path = process.env.PATH
    const bash = execFileSync('sh', ['-c', 'command -v bash'], { encoding: 'utf8' }).trim()
    symlinkSync(bash, join(folder, '..', 'bash'))
    process.env.PATH = join(folder, '..')
    try {
      const { findings: list } = await checkWithOpenssl(files, now, signal)
      assert.equal(list.length, 1)
      assert.match(list[0]?.problem ?? '', /not evaluated: openssl is not installed here/)
    } finally {
      process.env.PATH = path
    }
  }))

test.run()
