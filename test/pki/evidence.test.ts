// The key pair that signs evidence: made with a new PKI, added to an older one, and refused when it is another kind of key.
import * as assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import { loadEvidenceKey } from '../../pki/evidence.ts'
import { formatLedger } from '../../pki/ledger.ts'
import { assertSound, init, ledgerOf, modeOf, small, withPki } from './helper.ts'

test('a pair of Ed25519: the private half closed, the public half its own', () =>
  withPki(small, async (folder) => {
    const key = await loadEvidenceKey(folder)
    assert.equal(key.asymmetricKeyType, 'ed25519')
    const half = createPublicKey(key).export({ type: 'spki', format: 'pem' })
    assert.equal(readFileSync(join(folder, 'evidence.pub'), 'utf8'), half)
    assert.equal(modeOf(join(folder, 'evidence.key')), '600')
    assert.equal(modeOf(join(folder, 'evidence.pub')), '644')
    assert.ok(ledgerOf(folder).files['evidence.key'])
  }))

test('keys/ of an earlier version get the pair with the next pki init; nothing else changes', () =>
  withPki(small, async (folder) => {
    const ledger = ledgerOf(folder)
    delete ledger.files['evidence.key']
    writeFileSync(join(folder, 'ledger.json'), formatLedger(ledger))
    for (const name of ['evidence.key', 'evidence.pub']) rmSync(join(folder, name))
    await assert.rejects(loadEvidenceKey(folder), { code: 'usage', hint: /pki init/ })
    const { files, issued } = await init(folder)
    assert.deepEqual(files, ['evidence.key', 'evidence.pub', 'ledger.json'])
    assert.deepEqual(issued, [])
    assert.ok(existsSync(join(folder, 'evidence.pub')))
    await assertSound(folder, small)
  }))

test('another kind of key in its place is refused', () =>
  withPki(small, async (folder) => {
    copyFileSync(join(folder, 'service-account.key'), join(folder, 'evidence.key'))
    await assert.rejects(loadEvidenceKey(folder), { code: 'usage', message: /kind ec, Ed25519/ })
  }))

test.run()
