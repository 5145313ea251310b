// Every certificate of a small cluster as the openssl program reads it, against test/pki/golden/certificates.txt.
// REDOUBT_GOLDEN=write writes the file anew: read its diff before it is committed.
import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { initPki } from '../../pki/init.ts'
import { certificatesOf } from '../../pki/required.ts'
import { now, specOf, withKeys } from './helper.ts'

const golden = join(dirname(fileURLToPath(import.meta.url)), 'golden', 'certificates.txt')
const options = [
  '-noout',
  '-text',
  '-certopt',
  'no_header,no_version,no_serial,no_pubkey,no_sigdump',
  '-nameopt',
  'esc_msb,utf8,sep_comma_plus_space,show_type',
]

test('every certificate says what the golden file says', () =>
  withKeys(async (folder) => {
    const spec = specOf(1, 1)
    await initPki({ spec, folder, now })
    const found = certificatesOf(spec).map(({ id }) => {
      const text = execFileSync('openssl', ['x509', '-in', join(folder, `${id}.crt`), ...options], { encoding: 'utf8' })
      return `# ${id}\n${normalise(text)}`
    })
    const text = `${found.join('\n\n')}\n`
    if (process.env.REDOUBT_GOLDEN === 'write') writeFileSync(golden, text)
    assert.equal(text, readFileSync(golden, 'utf8'))
  }))

/** Without what differs from run to run (key identifiers) and from one openssl to the next (spaces, empty lines). */
function normalise(text: string): string {
  return text
    .replaceAll(/(keyid:)?([0-9A-F]{2}:){19}[0-9A-F]{2}/g, '(20 bytes)')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !/Signature Value/.test(line))
    .join('\n')
}

test.run()
