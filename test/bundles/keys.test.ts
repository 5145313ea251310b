import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { fingerprint, isSigned, newKeyPair, readPrivateKey, readPublicKey, signBytes } from '../../bundles/keys.ts'
import { fixedKey } from './small.ts'

test('a new pair signs and verifies; another does not', () => {
  const pair = newKeyPair()
  const [secret, open] = [readPrivateKey(pair.privateKey, 'k'), readPublicKey(pair.publicKey, 'p')]
  const data = Buffer.from('carried')
  const signature = signBytes(data, secret)
  assert.equal(signature.length, 64)
  assert.ok(isSigned(data, signature, open))
  assert.ok(!isSigned(Buffer.from('carriee'), signature, open))
  assert.ok(!isSigned(data, signature, fixedKey(1).publicKey))
  assert.ok(!isSigned(data, signature.subarray(1), open))
  assert.equal(fingerprint(secret), fingerprint(open))
})

const rsa =
  '-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf\n9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ==\n-----END PUBLIC KEY-----\n'
for (const text of ['', 'nonsense', rsa, fixedKey(1).publicPem.slice(0, 60)])
  test(`no public Ed25519 key: ${JSON.stringify(text.slice(0, 12))}`, () => {
    assert.throws(() => readPublicKey(text, 'bundle.pub'), {
      code: 'usage',
      where: 'bundle.pub',
      message: /Ed25519 public key/,
    })
  })

test('a key that cannot be read is never quoted', () => {
  const { privateKey } = newKeyPair()
  const broken = privateKey.replace('MC4C', 'MC4D')
  const secret = broken.split('\n')[1] ?? ''
  try {
    readPrivateKey(broken, 'bundle.key')
    assert.fail('was read')
  } catch (error) {
    assert.ok(!JSON.stringify(error, Object.getOwnPropertyNames(error)).includes(secret.slice(4, 20)))
  }
})

test.run()
