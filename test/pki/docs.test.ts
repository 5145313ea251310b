import * as assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { authorities, leaves } from '../../pki/certificates.ts'
import { type Trust, trusts } from '../../pki/trust.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const text = readFileSync(join(root, 'docs', 'pki.md'), 'utf8')

/** The rows of the table that follows `<!-- NAME -->`, without the padding. */
function rows(name: string): string[] {
  const [, after = ''] = text.split(`<!-- ${name} -->\n`)
  const lines = (after.split('\n\n')[0] ?? '').split('\n').slice(2)
  return lines.map((row) => row.replaceAll(/ +/g, ' '))
}

const line = (...cells: string[]) => `| ${cells.join(' | ')} |`

test('docs/pki.md lists the authorities of the table', () => {
  const expected = authorities.map(({ id, usages, why }) => line(`\`${id}\``, usages.join(', ') || 'issuers', why))
  assert.deepEqual(rows('authorities'), expected)
})

test('docs/pki.md lists the trust files of the table', () => {
  const expected = Object.entries<Trust>(trusts).map(([name, trust]) =>
    line(`\`${name}\``, trust.authenticates, trust.authorities.join(', '), trust.usedBy),
  )
  assert.deepEqual(rows('trusts'), expected)
})

test('docs/pki.md lists the leaves of the table', () => {
  const expected = leaves.map(({ kind, on, issuer, usages, days, why }) =>
    line(`\`${kind}${on === 'operator' ? '' : '/NODE'}\``, issuer, usages.join(', '), String(days), why),
  )
  assert.deepEqual(rows('leaves'), expected)
})

test.run()
