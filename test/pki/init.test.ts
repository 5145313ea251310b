import * as assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import { listFiles } from '../../lib/files.ts'
import { sha256 } from '../../lib/hash.ts'
import { parseYaml } from '../../lib/yaml.ts'
import { initPki } from '../../pki/init.ts'
import type { Ledger } from '../../pki/ledger.ts'
import {
  assertSound,
  days,
  init,
  issuedIds,
  ledgerOf,
  modeOf,
  now,
  small,
  snapshot,
  specOf,
  withKeys,
  withPki,
} from './helper.ts'

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

test.run()
