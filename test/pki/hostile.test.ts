// Certificates from disk are parsed by node:crypto alone. Whatever stands in them: a clear error or a finding, never a pass.
import * as assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { parseSpec } from '../../cluster/spec.ts'
import { RedoubtError } from '../../lib/errors.ts'
import { deviation, issueCertificate } from '../../pki/issue.ts'
import { generateKey } from '../../pki/keys.ts'
import { certificatesOf } from '../../pki/required.ts'
import { parseCertificate } from '../../pki/store.ts'

const fixtures = join(dirname(dirname(fileURLToPath(import.meta.url))), 'fixtures')
const spec = parseSpec(readFileSync(join(fixtures, 'redoubt.yaml'), 'utf8'), 'redoubt.yaml')
const table = certificatesOf(spec)
const load = (id: string) => parseCertificate(readFileSync(join(fixtures, 'keys', `${id}.crt`)), id)
const wantedOf = (id: string) => table.find((entry) => entry.id === id) ?? assert.fail(id)

/** What is wrong with these bytes in the place of `id`. */
function verdict(id: string, bytes: Buffer): string | undefined {
  const wanted = wantedOf(id)
  const issuer = { subject: wantedOf(wanted.issuer).profile.subject, certificate: load(wanted.issuer) }
  try {
    return deviation(wanted, parseCertificate(bytes, 'file'), issuer)
  } catch (error) {
    assert.ok(error instanceof RedoubtError, String(error))
    return error.message
  }
}

/** The same numbers in every run: bytes of SHA-256 over a counter. */
function numbers(seed: string): (below: number) => number {
  let counter = 0
  return (below) => createHash('sha256').update(`${seed} ${counter++}`).digest().readUInt32BE(0) % below
}

test('the fixture itself is what the table says', () => {
  for (const { id } of table) assert.equal(verdict(id, load(id).raw), undefined, id)
})

for (const id of ['apiserver/cp1', 'admin', 'root'])
  test(`each of 300 mutations of ${id} is found`, () => {
    const next = numbers(id)
    const original = load(id).raw
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(original)
      const at = next(bytes.length)
      const kind = next(4)
      const mutated =
        kind === 0
          ? bytes.subarray(0, at)
          : kind === 1
            ? Buffer.concat([bytes.subarray(0, at), Buffer.of(next(256)), bytes.subarray(at)])
            : flip(bytes, at, 1 << next(8))
      if (mutated.equals(original)) continue
      assert.ok(verdict(id, mutated), `round ${round}: kind ${kind} at ${at}`)
    }
  })

test('every certificate in the place of every other is found, unless both are to say the same', () => {
  const saying = (id: string) => JSON.stringify({ ...wantedOf(id), id: '' })
  for (const { id } of table)
    for (const other of table)
      if (saying(other.id) !== saying(id)) assert.ok(verdict(id, load(other.id).raw), `${other.id} as ${id}`)
})

test('a leaf that lives longer than the table allows is found', async () => {
  const now = new Date('2026-12-01T10:00:00Z')
  const key = await generateKey('P-384')
  const root = wantedOf('root')
  const authority = issueCertificate(root, key, undefined, now)
  const issuer = { subject: root.profile.subject, certificate: authority }
  const wanted = { ...wantedOf('admin'), issuer: 'root' }
  const issued = issueCertificate(
    { ...wanted, days: wanted.days + 1 },
    await generateKey('P-256'),
    { ...issuer, key },
    now,
  )
  assert.equal(deviation(wanted, issued, issuer), 'it lives longer than 90 days')
  assert.equal(deviation({ ...wanted, days: 91 }, issued, issuer), undefined)
})

function flip(bytes: Buffer, at: number, bit: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ bit
  return bytes
}

test.run()
