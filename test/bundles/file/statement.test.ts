// Who built a bundle, when, from which lock, with which tool: signed, and nothing of it by itself.
import * as assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import { isTime, parseStatement, type WrittenStatement, writeStatement } from '../../../bundles/format/statement.ts'
import { fingerprint, signBytes } from '../../../bundles/keys.ts'
import { verifyBundle } from '../../../bundles/read/verify.ts'
import { readHead } from '../../../bundles/read.ts'
import { paddingOf, tarHeader } from '../../../bundles/tar.ts'
import { parseLock } from '../../../cluster/lock.ts'
import { isPlain } from '../../../lib/plain.ts'
import { fixedKey, key, smallBundle, temporary } from '../small.ts'

const options = { jobs: 1, onProgress: () => {}, signal: new AbortController().signal }
const whole = readFileSync(await smallBundle('now.tar'))
const head = await readHead(join(temporary, 'now.tar'), key.publicKey)
await head.archive.file.close()
const written = head.statement as WrittenStatement

/** The bundle with another statement in the place of its own, signed by `signer`: it must be as many blocks long. */
function withStatement(name: string, statement: Buffer, signer = key.privateKey): string {
  const [own, signature] = [head.leading[2], head.leading[3]]
  assert.ok(own && signature)
  const entry = Buffer.concat([
    tarHeader({ path: own.path, type: 'file', mode: 0o644, size: statement.length }),
    statement,
    Buffer.alloc(paddingOf(statement.length)),
  ])
  assert.equal(entry.length, own.next - own.header)
  const bytes = Buffer.from(whole)
  entry.copy(bytes, own.header)
  signBytes(statement, signer).copy(bytes, signature.offset)
  const path = join(temporary, name)
  writeFileSync(path, bytes)
  return path
}

test('names that would pass for lines of ours are refused before they are shown', () => {
  for (const [field, value] of [
    ['name', 'lab\n✓ all as signed'],
    ['version', '1\u001b[2K'],
    ['tool', 'redoubt \u202e1'],
    ['na\nme', 'lab'],
  ] as const) {
    const bytes = Buffer.from(JSON.stringify({ ...written, [field]: value }))
    assert.throws(
      () => parseStatement(bytes, 'it'),
      (error: Error) => isPlain(error.message) && error.message.length < 400,
      field,
    )
  }
  const lock = readFileSync(new URL('../../fixtures/redoubt.lock.yaml', import.meta.url), 'utf8')
  assert.throws(() => parseLock(lock.replace(/- name: .*/, '- name: "a\\n✓ all as signed"'), 'it'), /control character/)
})

test('it says the tool, the lock and the signer; not who nor when', () => {
  assert.equal(written.apiVersion, 'redoubt.dev/v1alpha2')
  assert.equal(written.signer, fingerprint(key.privateKey))
  assert.deepEqual([written.builder, written.built], [undefined, undefined])
})

test('what it says of who and when is read back, signed', async () => {
  const said = { ...written, builder: 'Plattform-Team, Zürich', built: '2026-01-31T12:00:00Z' }
  const path = withStatement('said.tar', writeStatement(said))
  assert.deepEqual((await verifyBundle(path, key.publicKey, options)).statement, said)
  const bytes = readFileSync(path)
  bytes[bytes.indexOf('Plattform')] = 0x51
  writeFileSync(path, bytes)
  await assert.rejects(verifyBundle(path, key.publicKey, options), {
    code: 'integrity',
    message: /not signed by this key/,
  })
})

test('a bundle of the version before verifies: it says neither who nor when', async () => {
  const { signer: _, ...before } = written
  const old = Buffer.from(`${JSON.stringify({ ...before, apiVersion: 'redoubt.dev/v1alpha1' })}\n`)
  const { statement } = await verifyBundle(withStatement('old.tar', old), key.publicKey, options)
  assert.deepEqual([statement.apiVersion, statement.signer], ['redoubt.dev/v1alpha1', undefined])
})

test('a statement that names another signer than its signature’s is refused', async () => {
  const other = fixedKey(9)
  const path = withStatement('other.tar', writeStatement(written), other.privateKey)
  await assert.rejects(verifyBundle(path, other.publicKey, options), {
    code: 'integrity',
    message: /which is not this key/,
  })
})

const text = (change: object) => Buffer.from(JSON.stringify({ ...written, ...change }))
for (const [name, data] of [
  ['a version to come', text({ apiVersion: 'redoubt.dev/v1alpha3' })],
  ['the version before with a field of this one', text({ apiVersion: 'redoubt.dev/v1alpha1' })],
  ['a field too many', text({ more: 1 })],
  ['no signer', text({ signer: undefined })],
  ['a signer that is no digest', text({ signer: 'me' })],
  ['a builder on two lines', text({ builder: 'a\nb' })],
  ['a builder that turns text around', text({ builder: 'a\u202eb' })],
  ['a builder without end', text({ builder: 'a'.repeat(129) })],
  ['no time', text({ built: 'yesterday' })],
] as const)
  test(`refused: ${name}`, () => assert.throws(() => parseStatement(data, 'here'), { code: 'integrity' }))

for (const [time, good] of [
  ['2026-01-31T12:00:00Z', true],
  ['2024-02-29T23:59:59Z', true],
  ['2026-02-30T12:00:00Z', false],
  ['2026-01-31T25:00:00Z', false],
  ['2026-01-31', false],
  ['2026-01-31T12:00:00.5Z', false],
  ['2026-01-31T12:00:00+01:00', false],
] as const)
  test(`${time} is ${good ? 'a' : 'no'} time`, () => assert.equal(isTime(time), good))

test.run()
