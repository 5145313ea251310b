import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import {
  type ClientRequest,
  identityKey,
  issueClient,
  issueExpiredClient,
  issueForeignClient,
} from '../../pki/short-lived.ts'
import { now, specOf, withPki } from './helper.ts'

const key = await identityKey('ecdsa-p256')
const request = (keysFolder: string, change: Partial<ClientRequest> = {}): ClientRequest => ({
  keysFolder,
  key,
  issuer: 'client-ca',
  user: 'redoubt:verifier',
  groups: ['redoubt:verifiers', 'system:monitoring'],
  minutes: 10,
  now,
  ...change,
})

const spec = specOf(1, 0)

/** Does openssl accept the chain against an authority of `keys/`? */
function accepted(folder: string, chain: string, authority: string): boolean {
  const file = join(folder, 'probe.pem')
  writeFileSync(file, chain)
  const at = String(now.getTime() / 1000)
  const args = ['-partial_chain', '-purpose', 'sslclient', '-attime', at, '-trusted', join(folder, `${authority}.crt`)]
  try {
    execFileSync('openssl', ['verify', '-x509_strict', ...args, '-untrusted', file, file], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}

test('an identity of minutes, with user and groups, that only its authority opens', () =>
  withPki(spec, async (folder) => {
    const before = readFileSync(join(folder, 'ledger.json'), 'utf8')
    const { cert, key } = await issueClient(request(folder))
    const leaf = new X509Certificate(cert)
    assert.equal(leaf.subject, 'O=redoubt:verifiers\nO=system:monitoring\nCN=redoubt:verifier')
    assert.equal(leaf.subjectAltName, 'URI:spiffe://lab/short-lived/redoubt%3Averifier')
    assert.ok(leaf.checkPrivateKey(createPrivateKey(key)))
    assert.equal(leaf.validToDate.getTime() - now.getTime(), 10 * 60_000)
    assert.equal(cert.match(/BEGIN CERTIFICATE/g)?.length, 2)
    assert.equal(accepted(folder, cert, 'client-ca'), true)
    assert.equal(accepted(folder, cert, 'etcd-ca'), false)
    assert.equal(accepted(folder, cert, 'front-proxy-ca'), false)
    assert.equal(readFileSync(join(folder, 'ledger.json'), 'utf8'), before)
  }))

test('an expired one chains and is refused for its time alone', () =>
  withPki(spec, async (folder) => {
    const { cert } = await issueExpiredClient(request(folder))
    const leaf = new X509Certificate(cert)
    const issuer = new X509Certificate(readFileSync(join(folder, 'client-ca.crt')))
    assert.ok(leaf.verify(issuer.publicKey))
    assert.equal(now.getTime() - leaf.validToDate.getTime(), 60 * 60_000)
    assert.equal(accepted(folder, cert, 'client-ca'), false)
  }))

test('a foreign one bears the same names and is refused', () =>
  withPki(spec, async (folder) => {
    const { cert } = await issueForeignClient(request(folder, { groups: ['redoubt:verifiers'] }))
    const leaf = new X509Certificate(cert)
    const issuer = new X509Certificate(readFileSync(join(folder, 'client-ca.crt')))
    assert.equal(leaf.issuer, issuer.subject)
    assert.equal(leaf.verify(issuer.publicKey), false)
    assert.equal(accepted(folder, cert, 'client-ca'), false)
  }))

const refused: { name: string; change: Partial<ClientRequest>; message: RegExp }[] = [
  { name: 'system:masters', change: { groups: ['system:masters'] }, message: /system:masters/ },
  { name: 'an authority of servers', change: { issuer: 'server-ca' }, message: /server-ca signs no clients/ },
  { name: 'the root', change: { issuer: 'root' }, message: /root signs no clients/ },
  { name: 'no user', change: { user: '' }, message: /a user and 1 to 1440 minutes/ },
  { name: 'two days', change: { minutes: 2880 }, message: /a user and 1 to 1440 minutes/ },
  { name: 'no time', change: { minutes: Number.NaN }, message: /a user and 1 to 1440 minutes/ },
]
for (const { name, change, message } of refused)
  test(`refuses ${name}`, () =>
    withPki(spec, async (folder) => {
      await assert.rejects(issueClient(request(folder, change)), { code: 'usage', message })
    }))

test('a missing authority key is named', () =>
  withPki(spec, async (folder) => {
    rmSync(join(folder, 'client-ca.key'))
    await assert.rejects(issueClient(request(folder)), {
      code: 'usage',
      message: /the key of client-ca is not here/,
      where: join(folder, 'client-ca.key'),
    })
  }))

test.run()
