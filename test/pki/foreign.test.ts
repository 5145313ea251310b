import * as assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { readAuthorities } from '../../pki/foreign.ts'
import { issue, privatePem } from '../../pki/issue.ts'
import { generateKey } from '../../pki/keys.ts'
import { toPem } from '../../pki/x509.ts'

const key = await generateKey('P-256')
const certificate = (authority: boolean) =>
  toPem(
    issue({
      profile: {
        subject: { commonName: 'somebody', organizations: [] },
        usages: [],
        sans: [],
        ...(authority ? { authority: {} } : {}),
      },
      key,
      issuer: undefined,
      now: new Date('2027-01-15T12:00:00Z'),
      minutes: 60,
    }).raw,
  )
const [authority, leaf] = [certificate(true), certificate(false)]

function read(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-foreign-'))
  try {
    writeFileSync(join(folder, 'a.crt'), text)
    return readAuthorities(join(folder, 'a.crt'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('certificates of authorities are taken, and nothing around them', () => {
  assert.equal(read(`Issuer: somebody\n${authority}\n# and again\r\n${authority}`), authority + authority)
})

const bad: [string, string, RegExp][] = [
  ['nothing', '', /holds no certificate/],
  ['a private key beside it', authority + privatePem(key), /holds a private key/],
  ['a certificate of no authority', authority + leaf, /CN=somebody is no authority/],
  ['a certificate that is none', authority.replace(/M[A-Z]/, '!!'), /cannot be read/],
]
for (const [name, text, message] of bad)
  test(`${name} is refused`, () => {
    assert.throws(
      () => read(text),
      (error: { code: string; message: string }) => {
        assert.equal(error.code, 'usage')
        return message.test(error.message)
      },
    )
  })

test('a file that is not there is named', () => {
  assert.throws(() => readAuthorities('/nowhere/a.crt'), { code: 'usage', where: '/nowhere/a.crt' })
})

test.run()
