// Probes of the identity provider and of the audit sink, against clusters that a test plays.
import * as assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { test } from 'uvu'
import { sha256 } from '../../../lib/hash.ts'
import { runProbes } from '../../../scripts/verify/engine.ts'
import type { Ask, Env } from '../../../scripts/verify/env.ts'
import { foldChecks } from '../../../scripts/verify/fold.ts'
import type { Answer } from '../../../scripts/verify/judge.ts'
import { decode, keyId, publicJwk, signToken } from '../../../scripts/verify/jwt.ts'
import { auditId, judgeEvent } from '../../../scripts/verify/probes/data/audit-events.ts'
import { judgeLosses } from '../../../scripts/verify/probes/data/audit-webhook.ts'
import { lastFetch } from '../../../scripts/verify/probes/identity/oidc.ts'
import { probes } from '../../../scripts/verify/probes.ts'
import { fakeEnv } from './fakes.ts'

const provider = {
  issuer: 'https://id.example.internal',
  audiences: ['k'],
  ca: 'id.crt',
  username: { claim: 'sub', prefix: 'oidc:' },
  groups: { claim: 'groups', prefix: 'oidc:' },
  amr: ['mfa'],
  maxLifetime: 3600,
  testKey: 'id.key',
}
const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

function envOf(ask: (ask: Ask) => Answer, oidc: object = provider): Env {
  const env = fakeEnv({ ask: async (request) => ask(request), sign: (claims) => signToken(key, claims) })
  const spec = { ...env.model.spec, authentication: { oidc } } as unknown as Env['model']['spec']
  return { ...env, model: { ...env.model, spec } }
}

interface Rules {
  factor?: boolean
  lifetime?: boolean
  prefix?: boolean
  signature?: boolean
}

/** An API server that judges tokens; a rule that is false is not applied. */
function server({ factor = true, lifetime = true, prefix = true, signature = true }: Rules) {
  return ({ headers = {} }: Ask): Answer => {
    const refused = { status: 401, headers: {}, body: '{}' }
    const [head = '', body = '', mark = ''] = (headers.authorization ?? '').replace('Bearer ', '').split('.')
    const claims = decode(body)
    const [iat, exp] = [Number(claims.iat), Number(claims.exp)]
    const now = Date.parse('2027-01-15T12:00:00Z') / 1000
    const signed = verify(
      'sha256',
      Buffer.from(`${head}.${body}`),
      { key: createPublicKey(key), dsaEncoding: 'ieee-p1363' },
      Buffer.from(mark, 'base64url'),
    )
    if (signature && !signed) return refused
    if (claims.iss !== provider.issuer || claims.aud !== 'k' || exp < now) return refused
    if (factor && !(Array.isArray(claims.amr) && claims.amr.includes('mfa'))) return refused
    if (lifetime && !(exp - iat <= 3600)) return refused
    const before = prefix ? 'oidc:' : ''
    const groups = [...(claims.groups as string[]).map((group) => before + group), 'system:authenticated']
    const userInfo = { username: `${before}${claims.sub}`, groups }
    return { status: 201, headers: {}, body: JSON.stringify({ status: { userInfo } }) }
  }
}

const cases: [string, string, Rules, string][] = [
  ['oidc-tokens', 'as rendered', {}, 'pass'],
  ['oidc-tokens', 'that looks at no signature', { signature: false }, 'fail'],
  ['oidc-second-factor', 'as rendered', {}, 'pass'],
  ['oidc-second-factor', 'that takes one factor', { factor: false }, 'fail'],
  ['oidc-lifetime', 'as rendered', {}, 'pass'],
  ['oidc-lifetime', 'that takes any lifetime', { lifetime: false }, 'fail'],
  ['oidc-names', 'as rendered', {}, 'pass'],
  ['oidc-names', 'without prefixes', { prefix: false }, 'fail'],
]
const probeOf = (id: string) => probes.find((one) => one.id === id) ?? assert.fail(id)
for (const [id, how, rules, expected] of cases)
  test(`${id} on a cluster ${how}: ${expected}`, async () => {
    assert.equal(foldChecks(await probeOf(id).run(envOf(server(rules)))).outcome, expected)
  })

test('a cluster that refuses every token passes no probe that has a right one', async () => {
  const closed = envOf(() => ({ status: 401, headers: {}, body: '{}' }))
  for (const id of ['oidc-tokens', 'oidc-second-factor', 'oidc-lifetime', 'oidc-names'])
    assert.equal(foldChecks(await probeOf(id).run(closed)).outcome, 'fail', id)
})

test('without a test key they are not applicable and say so; without the named key not evaluated', async () => {
  const own = ['oidc-tokens', 'two-methods'].map(probeOf)
  const options = {
    signal: new AbortController().signal,
    budget: 1000,
    parallel: 1,
    controls: {},
    waivers: [],
    now: () => new Date(),
  }
  const { testKey: _, ...keyless } = provider
  const without = await runProbes(
    own,
    envOf(() => assert.fail('asked'), keyless),
    options,
  )
  for (const result of without) {
    assert.equal(result.outcome, 'not-applicable')
    assert.match(result.why, /testKey/)
  }
  const lost = { ...envOf(() => assert.fail('asked')), missing: { 'provider-key': 'id.key: no such file' } }
  const [result] = await runProbes(own, lost, options)
  assert.equal(result?.outcome, 'not-evaluated')
  assert.match(result?.why ?? '', /no such file/)
})

test('a token is signed as its header says, by a key that it names (RFC 7638)', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  for (const [signer, alg] of [
    [key, 'ES256'],
    [rsa, 'RS256'],
  ] as const) {
    const [head = '', body = '', mark = ''] = signToken(signer, { sub: 'a' }).split('.')
    assert.deepEqual(decode(head), { alg, typ: 'JWT', kid: keyId(signer) })
    const how = { key: createPublicKey(signer), dsaEncoding: 'ieee-p1363' } as const
    assert.ok(verify('sha256', Buffer.from(`${head}.${body}`), how, Buffer.from(mark, 'base64url')))
    assert.ok(!('d' in publicJwk(signer)))
  }
  assert.throws(() => signToken(generateKeyPairSync('ed25519').privateKey, {}), /RSA or P-256/)
})

test('when keys were fetched is read for the issuer and the result that are asked for', () => {
  const line = (issuer: string, result: string, value: string) =>
    `apiserver_authentication_jwt_authenticator_jwks_fetch_last_timestamp_seconds{apiserver_id_hash="sha256:00",jwt_issuer_hash="sha256:${issuer}",result="${result}"} ${value}`
  const own = sha256(provider.issuer)
  const metrics = [line('11', 'success', '5'), line(own, 'failure', '9'), line(own, 'success', '1.8e+09')].join('\n')
  assert.equal(lastFetch(metrics, provider.issuer, 'success'), 1.8e9)
  assert.equal(lastFetch(metrics, provider.issuer, 'failure'), 9)
  assert.equal(lastFetch(metrics, 'https://other', 'success'), 0)
})

test('events lost on the way to the sink fail; no answer is unknown', () => {
  const metrics = (lost: string): Answer => ({
    status: 200,
    headers: {},
    body: `apiserver_audit_error_total{plugin="log"} 7\n${lost}`,
  })
  assert.equal(judgeLosses('x', metrics('')).verdict, 'pass')
  assert.equal(judgeLosses('x', metrics('apiserver_audit_error_total{plugin="webhook"} 0')).verdict, 'pass')
  assert.equal(judgeLosses('x', metrics('apiserver_audit_error_total{plugin="webhook"} 2')).verdict, 'fail')
  assert.equal(judgeLosses('x', { status: 0, error: 'ECONNREFUSED' }).verdict, 'unknown')
})

test('an event names its user; an id that is none is not looked for', () => {
  const event = { user: { username: 'oidc:a', extra: { 'authentication.kubernetes.io/credential-id': ['JTI=1'] } } }
  assert.match(judgeEvent('x', 'oidc:a', event).saw, /by JTI=1/)
  assert.equal(judgeEvent('x', 'oidc:a', event).verdict, 'pass')
  assert.equal(judgeEvent('x', 'a', event).verdict, 'fail')
  assert.equal(judgeEvent('x', 'a', undefined).verdict, 'fail')
  assert.equal(auditId({ status: 200, headers: { 'audit-id': '$(reboot)' }, body: '' }), undefined)
})

test('rebind-forbidden fails where a deleted binding goes on counting, and where everybody may', async () => {
  const cluster = (mode: 'watched' | 'open' | 'deaf') => {
    let bound = false
    const env = envOf(({ url, method = 'GET', body, as }) => {
      if (method === 'POST') {
        bound ||= url.endsWith('/rolebindings')
        const { metadata } = body as { metadata: unknown }
        return { status: 201, headers: {}, body: JSON.stringify({ metadata }) }
      }
      if (method === 'DELETE') {
        bound = mode === 'deaf'
        return { status: 200, headers: {}, body: '{}' }
      }
      assert.notEqual(as?.name, 'redoubt:verifier')
      return { status: bound || mode === 'open' ? 200 : 403, headers: {}, body: '{}' }
    })
    return { ...env, signal: AbortSignal.abort() } // it asks once, without patience
  }
  assert.equal(foldChecks(await probeOf('rebind-forbidden').run(cluster('watched'))).outcome, 'pass')
  for (const mode of ['open', 'deaf'] as const)
    assert.equal(foldChecks(await probeOf('rebind-forbidden').run(cluster(mode))).outcome, 'fail', mode)
})

test.run()
