import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import type { ClusterSpec } from '../../cluster/spec.ts'
import { listFiles } from '../../lib/files.ts'
import { sha256 } from '../../lib/hash.ts'
import { parseYaml } from '../../lib/yaml.ts'
import { checkFiles } from '../../pki/check.ts'
import { initPki } from '../../pki/init.ts'
import type { Ledger } from '../../pki/ledger.ts'
import { certificateIds, modeOf, now, specOf, withKeys, withPki } from './helper.ts'

const days = (count: number) => new Date(now.getTime() + count * 86_400_000)
const small = specOf(1, 0)
/** Without the sync to disk of the real one: faster. */
const write = (path: string, data: string | Uint8Array, mode: number) => writeFile(path, data, { mode })
const init = (folder: string, spec: ClusterSpec = small, at = now) => initPki({ spec, folder, now: at, write })
const ledgerOf = (folder: string): Ledger => JSON.parse(readFileSync(join(folder, 'ledger.json'), 'utf8'))
const issuedIds = (result: { issued: { id: string }[] }) => result.issued.map(({ id }) => id)

/** Hashes of all files: a failing test prints no key. */
async function snapshot(folder: string): Promise<Record<string, string>> {
  const names = await listFiles(folder)
  return Object.fromEntries(names.map((name) => [name, sha256(readFileSync(join(folder, name)))]))
}

async function assertSound(folder: string, spec: ClusterSpec = small, at = now): Promise<void> {
  assert.deepEqual((await checkFiles(spec, folder, at)).findings, [])
}

test('makes everything once, and a second run changes no byte', () =>
  withKeys(async (folder) => {
    const first = await initPki({ spec: specOf(1, 1), folder, now })
    assert.equal(first.authorities, 7)
    assert.equal(first.leaves, 17)
    assert.equal(first.issued.length, 24)
    const before = await snapshot(folder)
    const second = await initPki({ spec: specOf(1, 1), folder, now: days(1) })
    assert.deepEqual(
      { issued: second.issued, files: second.files, surplus: second.surplus },
      { issued: [], files: [], surplus: [] },
    )
    assert.deepEqual(await snapshot(folder), before)
    await assertSound(folder, specOf(1, 1))
  }))

test('private files are 0600, folders 0700, whatever the umask', () =>
  withKeys(async (folder) => {
    const old = process.umask(0)
    try {
      await initPki({ spec: small, folder, now })
    } finally {
      process.umask(old)
    }
    for (const name of await listFiles(folder)) {
      const open = /\.(crt|pub)$/.test(name) || name === 'ledger.json'
      assert.equal(modeOf(join(folder, name)), open ? '644' : '600', name)
    }
    assert.equal(modeOf(folder), '700')
    assert.equal(modeOf(join(folder, 'apiserver')), '700')
  }))

test('the ledger names every certificate, and hash and size of every private file', () =>
  withPki(small, async (folder) => {
    const ledger = ledgerOf(folder)
    for (const entry of ledger.certificates) {
      const certificate = new X509Certificate(readFileSync(join(folder, `${entry.id}.crt`)))
      assert.equal(entry.sha256, sha256(certificate.raw))
      assert.equal(entry.serial, certificate.serialNumber)
    }
    const secret = (await listFiles(folder)).filter((name) => /\.(key|conf|yaml)$/.test(name))
    assert.deepEqual(Object.keys(ledger.files), secret)
    for (const name of secret) {
      const bytes = readFileSync(join(folder, name))
      assert.deepEqual(ledger.files[name], { sha256: sha256(bytes), size: bytes.length }, name)
    }
    assert.equal(JSON.stringify(ledger).includes('PRIVATE'), false)
  }))

test('serials are positive, 16 bytes and never the same', () =>
  withKeys(async (folder) => {
    await init(folder, specOf(3, 10))
    const serials = ledgerOf(folder).certificates.map(({ serial }) => serial)
    for (const serial of serials) assert.match(serial, /^[4-7][0-9A-F]{31}$/)
    assert.equal(new Set(serials).size, serials.length)
  }))

test('NotBefore is five minutes back, and no certificate outlives its issuer', () =>
  withKeys(async (folder) => {
    await init(folder)
    const at = (id: string) => new X509Certificate(readFileSync(join(folder, `${id}.crt`)))
    assert.equal(at('apiserver/cp1').validFromDate.toISOString(), '2026-12-01T09:55:00.000Z')
    assert.equal(at('apiserver/cp1').validToDate.toISOString(), '2027-12-01T10:00:00.000Z')
    await init(folder, small, days(5 * 365 - 20))
    assert.equal(at('apiserver/cp1').validToDate.toISOString(), at('server-ca').validToDate.toISOString())
  }))

test('a node added later gets its own certificates, the others keep theirs', () =>
  withPki(small, async (folder) => {
    const before = await snapshot(folder)
    const result = await init(folder, specOf(1, 1))
    assert.deepEqual(issuedIds(result).sort(), ['kubelet-client/w1', 'kubelet-serving/w1'])
    const after = await snapshot(folder)
    for (const name of Object.keys(before)) if (name !== 'ledger.json') assert.equal(after[name], before[name], name)
    const without = await init(folder)
    assert.deepEqual(without.issued, [])
    assert.deepEqual(without.surplus, ['kubelet-client/w1', 'kubelet-serving/w1'])
  }))

test('a changed endpoint reissues the API server certificate and the kubeconfig alone', () =>
  withPki(small, async (folder) => {
    const result = await init(folder, specOf(1, 0, '  endpoint: api.lab'))
    assert.deepEqual(issuedIds(result), ['apiserver/cp1'])
    assert.match(result.issued[0]?.why ?? '', /its names are .*, expected .*DNS:api\.lab/)
    assert.deepEqual(result.files, ['admin.conf', 'ledger.json'])
    assert.equal(ledgerOf(folder).certificates.filter(({ id }) => id === 'apiserver/cp1').length, 2)
    await assertSound(folder, specOf(1, 0, '  endpoint: api.lab'))
  }))

test('leaves in the last third of their life are renewed with a new key', () =>
  withPki(small, async (folder) => {
    const key = readFileSync(join(folder, 'admin.key'), 'utf8')
    assert.deepEqual(issuedIds(await init(folder, small, days(59))), [])
    assert.deepEqual(issuedIds(await init(folder, small, days(61))), ['kubelet-client/cp1', 'admin', 'super-admin'])
    assert.notEqual(readFileSync(join(folder, 'admin.key'), 'utf8'), key)
    await assertSound(folder, small, days(61))
  }))

test('a dry run says the same and writes nothing', () =>
  withKeys(async (folder) => {
    const planned = await initPki({ spec: small, folder, now, dryRun: true })
    assert.equal(existsSync(folder), false)
    assert.deepEqual(issuedIds(planned), issuedIds(await init(folder)))
    const before = await snapshot(folder)
    const next = await initPki({ spec: specOf(1, 1), folder, now, dryRun: true })
    assert.deepEqual(issuedIds(next), ['kubelet-client/w1', 'kubelet-serving/w1'])
    assert.deepEqual(await snapshot(folder), before)
  }))

/** Writes `count` files, then dies at the next, leaving what a kill would leave. */
function mortal(count: number) {
  let writes = 0
  return async (path: string, data: string | Uint8Array, mode: number) => {
    if (writes++ < count) return write(path, data, mode)
    await write(`${path}.0badcafe.tmp`, data, mode)
    throw new Error('killed')
  }
}

async function assertCompleted(folder: string, survivors: Record<string, string>): Promise<void> {
  const files = await snapshot(folder)
  for (const [name, hash] of Object.entries(survivors))
    if (!/\.tmp$|^ledger/.test(name)) assert.equal(files[name], hash, `${name} was written twice`)
  assert.deepEqual(
    Object.keys(files).filter((name) => /tmp|lock/.test(name)),
    [],
  )
  const ids = ledgerOf(folder).certificates.map(({ id }) => id)
  assert.deepEqual([...ids].sort(), await certificateIds(folder))
  await assertSound(folder)
}

test('killed after every single write, it still completes, issues nothing twice and keeps every key', () =>
  withKeys(async (folder) => {
    let runs = 0
    const survivors: Record<string, string> = {}
    for (; runs < 100; runs++) {
      const end = await initPki({ spec: small, folder, now, write: mortal(1) }).catch((error: Error) => error.message)
      if (end !== 'killed') break
      const files = await snapshot(folder)
      for (const [name, hash] of Object.entries(files)) if (!name.endsWith('.tmp')) survivors[name] ??= hash
    }
    assert.equal(runs, 22 * 2 + 2 + 3)
    await assertCompleted(folder, survivors)
  }))

for (const count of [0, 1, 2, 13, 14, 15, 31, 44, 46, 49])
  test(`killed after ${count} writes, the next run completes`, () =>
    withKeys(async (folder) => {
      await assert.rejects(initPki({ spec: small, folder, now, write: mortal(count) }), /killed/)
      const survivors = await snapshot(folder)
      await init(folder)
      await assertCompleted(folder, survivors)
    }))

test('killed between the new key and the new certificate of a renewal, the next run mends it', () =>
  withPki(small, async (folder) => {
    const keysOnly = async (path: string, data: string | Uint8Array, mode: number) => {
      if (path.endsWith('.crt')) throw new Error('killed')
      await write(path, data, mode)
    }
    await assert.rejects(initPki({ spec: small, folder, now: days(61), write: keysOnly }), /killed/)
    const keys = readFileSync(join(folder, 'admin.key'), 'utf8')
    const result = await init(folder, small, days(61))
    assert.ok(issuedIds(result).includes('admin'))
    assert.equal(readFileSync(join(folder, 'admin.key'), 'utf8'), keys, 'the key that was there is used')
    await assertSound(folder, small, days(61))
  }))

test('a lost ledger is written again from the certificates', () =>
  withPki(small, async (folder) => {
    const before = ledgerOf(folder)
    rmSync(join(folder, 'ledger.json'))
    assert.deepEqual((await init(folder)).issued, [])
    const byId = (ledger: Ledger) => ledger.certificates.map(({ id, sha256: mark }) => `${id} ${mark}`).sort()
    assert.deepEqual(byId(ledgerOf(folder)), byId(before))
    assert.deepEqual(ledgerOf(folder).files, before.files)
  }))

test('the root key may be kept offline until an authority is needed', () =>
  withPki(small, async (folder) => {
    rmSync(join(folder, 'root.key'))
    await init(folder, specOf(1, 1))
    await assertSound(folder, specOf(1, 1))
  }))

test('admin.conf opens the API for kubectl and holds its key', () =>
  withPki(small, async (folder) => {
    const conf = parseYaml(readFileSync(join(folder, 'admin.conf'), 'utf8'), 'admin.conf').value as {
      clusters: { cluster: Record<string, string> }[]
      users: { user: Record<string, string> }[]
    }
    const decode = (text = '') => Buffer.from(text, 'base64').toString('utf8')
    assert.equal(conf.clusters[0]?.cluster.server, 'https://10.77.0.11:6443')
    const trust = readFileSync(join(folder, 'root.crt'), 'utf8') + readFileSync(join(folder, 'server-ca.crt'), 'utf8')
    assert.equal(decode(conf.clusters[0]?.cluster['certificate-authority-data']), trust)
    const leaf = new X509Certificate(decode(conf.users[0]?.user['client-certificate-data']))
    assert.ok(leaf.checkPrivateKey(createPrivateKey(decode(conf.users[0]?.user['client-key-data']))))
  }))

test('the encryption configuration writes with secretbox and still reads plain text', () =>
  withPki(small, async (folder) => {
    const key = readFileSync(join(folder, 'encryption.key'), 'utf8').trim()
    assert.equal(Buffer.from(key, 'base64').length, 32)
    const config = parseYaml(readFileSync(join(folder, 'encryption-config.yaml'), 'utf8'), 'x').value
    assert.deepEqual(config, {
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'EncryptionConfiguration',
      resources: [
        {
          resources: ['secrets'],
          providers: [{ secretbox: { keys: [{ name: 'key-1', secret: key }] } }, { identity: {} }],
        },
      ],
    })
  }))

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
    name: 'a certificate that is none',
    harm: (folder) => writeFileSync(join(folder, 'admin.crt'), 'rubbish'),
    code: 'usage',
    message: /is no certificate/,
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
