// Controls that name servers outside of the cluster: with them in the spec, and without.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { staticChecks } from '../../scripts/verify/attest/static.ts'
import { renderCluster } from '../../templates/render.ts'
import { staticScore } from '../scripts/verify/mutation.ts'
import { inputOf, textOf, yamlOf } from './fixture.ts'

const authenticationFile = '/etc/kubernetes/apiserver/authentication.yaml'
const webhookFile = '/etc/kubernetes/apiserver/audit-webhook.yaml'
const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml'
const outside = `  authentication:
    oidc: {issuer: "https://id.example.internal", audiences: [a, b], ca: id.crt, amr: [mfa, hwk], maxLifetime: 900}
  audit: {webhook: {url: "https://audit.example.internal/k8s", ca: audit.crt}}
`
const input = (extra = outside) => inputOf(['cp1 control-plane', 'w1 worker'], { extra })
const states = (controls: readonly { id: string; state: string; because?: string }[]) =>
  controls.filter(({ id }) => id === 'oidc' || id === 'audit-webhook').map(({ state, because }) => because ?? state)

test('without them in the spec both are not applicable, and say why', async () => {
  const { controls, trees } = renderCluster(await input(''))
  const [first = '', second = ''] = states(controls)
  assert.match(first, /names no identity provider/)
  assert.match(second, /names no sink/)
  assert.equal(yamlOf(trees, authenticationFile).jwt, undefined)
  assert.equal(textOf(trees, webhookFile), '')
})

test('the provider stands beside the limits of anonymous requests, with every rule', async () => {
  const { controls, trees } = renderCluster(await input())
  assert.deepEqual(states(controls), ['on', 'on'])
  const file = yamlOf(trees, authenticationFile)
  assert.equal((file.anonymous as { conditions: unknown[] }).conditions.length, 3)
  const [jwt] = file.jwt as {
    issuer: unknown
    claimValidationRules: { expression: string }[]
    userValidationRules: { expression: string }[]
  }[]
  assert.deepEqual(jwt?.issuer, {
    url: 'https://id.example.internal',
    audiences: ['a', 'b'],
    audienceMatchPolicy: 'MatchAny',
    certificateAuthority: '-----BEGIN CERTIFICATE-----\nid.crt\n-----END CERTIFICATE-----\n',
  })
  assert.deepEqual(
    jwt?.claimValidationRules.map((rule) => rule.expression),
    ["dyn(claims.?amr.orValue([])).exists(method, method in ['mfa', 'hwk'])", 'claims.exp - claims.iat <= 900'],
  )
  for (const { expression } of jwt?.userValidationRules ?? [])
    for (const prefix of ['system:', 'kubeadm:', 'redoubt:']) assert.ok(expression.includes(`startsWith('${prefix}')`))
})

test('without control oidc the provider stays and its rules and prefixes go', async () => {
  const { trees } = renderCluster({ ...(await input()), off: ['oidc'] })
  const [jwt] = yamlOf(trees, authenticationFile).jwt as Record<string, unknown>[]
  assert.deepEqual(Object.keys(jwt ?? {}), ['issuer', 'claimMappings'])
  assert.match(JSON.stringify(jwt?.claimMappings), /"prefix":""/)
})

test('the sink is told apart by its authority, and the API server shows no key of a user', async () => {
  const { trees } = renderCluster(await input())
  const text = textOf(trees, webhookFile)
  assert.match(text, /server: https:\/\/audit.example.internal\/k8s/)
  assert.match(text, /client-certificate: \/etc\/kubernetes\/pki\/front-proxy-client.crt/)
  assert.ok(!text.includes('client-key-data'))
  assert.match(textOf(trees, manifest), /--audit-webhook-mode=batch/)
  const off = renderCluster({ ...(await input()), off: ['audit-webhook'] })
  assert.doesNotMatch(textOf(off.trees, manifest), /audit-webhook/)
  assert.equal(states(renderCluster({ ...(await input()), off: ['audit-log'] }).controls)[1], 'on')
})

test('every setting of them, spoiled alone, is noticed, and nothing is where it stands', async () => {
  const given = await input()
  const { missed } = await staticScore(given)
  assert.deepEqual(
    missed.filter((what) => /^(oidc|audit-webhook|anonymous-limited):/.test(what)),
    [],
  )
  const failed = staticChecks(given, renderCluster(given)).filter((check) => check.verdict !== 'pass')
  assert.deepEqual(failed, [])
})

test('what differs in the authentication file is named by its place', async () => {
  const given = await input()
  const { trees } = renderCluster({ ...given, off: ['oidc'] })
  const { controls } = renderCluster(given)
  const failed = staticChecks(given, { trees, controls }).filter((check) => check.control === 'oidc')
  const [check] = failed.filter((one) => one.verdict === 'fail')
  assert.equal(check?.sent, `jwt.0.claimMappings.username.prefix of ${authenticationFile}`)
  assert.deepEqual([check?.expected, check?.saw], ['"oidc:"', '""'])
})

test('a provider that is the cluster’s own issuer is refused', async () => {
  const own = outside.replace('https://id.example.internal', 'https://kubernetes.default.svc.cluster.local')
  const given = await input(own)
  assert.throws(() => renderCluster(given), /conflict oidc-issuer-of-tokens/)
})

test.run()
