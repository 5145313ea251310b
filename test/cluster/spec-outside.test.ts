import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { specWith } from './fixture.ts'

const parse = (lines: string) => specWith(lines).spec
const provider = (more: string) =>
  `  authentication: {oidc: {issuer: "https://id.example.internal/realms/a", audiences: [k], ca: id.crt${more}}}`
const sink = (more: string) => `  audit: {webhook: {url: "https://audit.example.internal/k8s", ca: a.crt${more}}}`

test('a provider has prefixes, a second factor and a lifetime unless it says otherwise', () => {
  const { oidc } = parse(provider('')).authentication
  assert.deepEqual(oidc?.username, { claim: 'sub', prefix: 'oidc:' })
  assert.deepEqual(oidc?.groups, { claim: 'groups', prefix: 'oidc:' })
  assert.deepEqual(oidc?.amr, ['mfa'])
  assert.equal(oidc?.maxLifetime, 3600)
  assert.equal(parse('').authentication.oidc, undefined)
  assert.equal(parse('').audit.webhook, undefined)
  assert.equal(parse(sink('')).audit.maxAge, 30)
})

const bad: [string, string, RegExp][] = [
  ['plain http', provider('').replace('https', 'http'), /no URL like/],
  ['a URL with a query', provider('').replace('realms/a', '?a=b'), /no URL like/],
  ['a URL with credentials', provider('').replace('id.', 'me:pw@id.'), /no URL like/],
  ['a URL that is written in another way', provider('').replace('id.', 'ID.'), /no URL like/],
  ['a prefix of the system', provider(', groups: {prefix: "system:"}'), /the cluster itself gives rights/],
  ['a prefix of the administrators', provider(', groups: {prefix: "kubeadm:"}'), /the cluster itself gives rights/],
  ['no prefix', provider(', username: {prefix: ""}'), /a prefix is a word/],
  ['a prefix without an end', provider(', username: {prefix: oidc}'), /a prefix is a word/],
  ['a method that would end a CEL string', provider(`, amr: ["m') || ('"]`), /no plain word/],
  ['no method', provider(', amr: []'), /names no method/],
  ['a lifetime of a week', provider(', maxLifetime: 604800'), /maxLifetime/],
  ['a file outside of the workspace', provider(', testKey: ../key'), /no path inside the workspace/],
  ['an absolute file', provider('').replace('id.crt', '/etc/shadow'), /no path inside the workspace/],
  ['a sink in plain http', sink('').replace('https', 'http'), /no URL like/],
  ['a field that is none', sink(', token: x'), /unknown field/],
]
for (const [name, lines, message] of bad)
  test(`${name} is refused at its line`, () => {
    assert.throws(
      () => parse(lines),
      (error: { code: string; where: string; message: string }) =>
        error.code === 'usage' && error.where.startsWith('redoubt.yaml:7:') && message.test(error.message),
    )
  })

test.run()
