// Where the field's checkers are wrong: each row is a cluster that they pass, or fail, and what our verifier must say of it.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { exitCode } from '../../../scripts/verify/fold.ts'
import type { Handshake } from '../../../scripts/verify/handshake.ts'
import { attestedProbes } from '../../../scripts/verify/probes/attested.ts'
import { judgeCanary as judgeEvent } from '../../../scripts/verify/probes/data/audit.ts'
import { judgePrefixes, judgeCanary as judgeSecret } from '../../../scripts/verify/probes/data/encryption.ts'
import { judgeLoaded } from '../../../scripts/verify/probes/nodes/settings.ts'
import { renderCluster } from '../../../templates/render.ts'
import { fixtureInput } from '../../templates/fixture.ts'
import { askLiving, type Spoiled } from './living.ts'

const input = await fixtureInput()
const rendered = renderCluster(input)
const ask = (ids: readonly string[], spoiled: Spoiled = {}) => askLiving(input, rendered, ids, spoiled)
const outcome = async (id: string, spoiled: Spoiled) => (await ask([id], spoiled))[0]?.outcome

test('a cluster that runs what was rendered has no false finding', async () => {
  const results = await ask(attestedProbes.map(({ id }) => id))
  assert.deepEqual(
    results
      .filter(({ outcome }) => outcome !== 'pass' && outcome !== 'not-applicable')
      .map(({ id, why }) => `${id}: ${why}`),
    [],
  )
  assert.equal(exitCode(results), 0)
})

/** Arguments of a component put before and behind those that were rendered, as the kernel shows them of its process. */
const withArgs = (name: string, before: readonly string[], behind: readonly string[]): Spoiled => ({
  inspection: (text) =>
    text.replace(new RegExp(`^\\|c ${name}\\n(\\|u .*\\n)((?:\\|a .*\\n)*)`, 'm'), (_, user: string, own: string) =>
      [`|c ${name}\n`, user, ...before.map((arg) => `|a ${arg}\n`), own, ...behind.map((arg) => `|a ${arg}\n`)].join(
        '',
      ),
    ),
})
const changed = (pattern: string, by: string): Spoiled => ({ inspection: (text) => text.replaceAll(pattern, by) })
const anotherFile = (path: string): Spoiled => ({
  inspection: (text) => text.replace(new RegExp(`^\\|[0-9a-f]{64} \\*${path}$`, 'm'), `|${'0'.repeat(64)} *${path}`),
})
const configz = (sets: Record<string, unknown>): Spoiled => ({ configz: (config) => ({ ...config, ...sets }) })
const clientCA = (clientCAFile: string): Spoiled => ({
  configz: (config) => ({
    ...config,
    authentication: { ...(config.authentication as object), x509: { clientCAFile } },
  }),
})

const trust = '--trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt'
/** What a node runs; the attestation that is asked; its outcome. */
const settings: [what: string, spoiled: Spoiled, probe: string, expected: string][] = [
  [
    'a scalar flag given twice, the right value last',
    withArgs('kube-apiserver', ['--profiling=true'], []),
    'profiling-off-settings',
    'pass',
  ],
  [
    'a scalar flag given twice, the right value first',
    withArgs('kube-apiserver', [], ['--profiling=true']),
    'profiling-off-settings',
    'fail',
  ],
  [
    'a scalar flag given again with underscores',
    withArgs('kube-apiserver', [], ['--tls_min_version=VersionTLS10']),
    'apiserver-tls-settings',
    'fail',
  ],
  [
    'a list flag in two parts adds up',
    changed('--authorization-mode=Node,RBAC', '--authorization-mode=Node\n|a --authorization-mode=RBAC'),
    'authorization-rbac-settings',
    'pass',
  ],
  [
    'a list flag given again with AlwaysAllow keeps Node and RBAC, and allows all',
    withArgs('kube-apiserver', [], ['--authorization-mode=AlwaysAllow']),
    'authorization-rbac-settings',
    'fail',
  ],
  [
    'a list flag of etcd given again replaces the first',
    withArgs('etcd', ['--cipher-suites=TLS_RSA_WITH_AES_128_CBC_SHA'], []),
    'etcd-tls-settings',
    'pass',
  ],
  [
    'etcd is given a file beside its flags, and goes by the file',
    withArgs('etcd', [], ['--config-file=/etc/etcd.yaml']),
    'etcd-client-auth-settings',
    'fail',
  ],
  [
    'a second API server without the setting runs beside the right one',
    {
      inspection: (text) =>
        text.replace('|c kube-apiserver\n', '|c kube-apiserver\n|u 0:0\n|a --x=y\n|c kube-apiserver\n'),
    },
    'profiling-off-settings',
    'fail',
  ],
  ['seccompDefault: false', configz({ seccompDefault: false }), 'kubelet-limits-settings', 'fail'],
  ['podPidsLimit: -1', configz({ podPidsLimit: -1 }), 'kubelet-limits-settings', 'fail'],
  ['clientCAFile: /dev/null', clientCA('/dev/null'), 'kubelet-authentication-settings', 'fail'],
  [
    'a kubelet drop-in opens the read-only port, its config.yaml is as rendered',
    configz({ readOnlyPort: 10255 }),
    'kubelet-readonly-port-settings',
    'fail',
  ],
  [
    'a kubelet drop-in sets the right value over a wrong file',
    anotherFile('/var/lib/kubelet/config.yaml'),
    'kubelet-limits-settings',
    'pass',
  ],
  [
    'etcd trusts the cluster’s authority by its flag',
    changed(trust, '--trusted-ca-file=/etc/kubernetes/pki/ca.crt'),
    'etcd-client-auth-settings',
    'fail',
  ],
  [
    'an audit policy of level None under the right name',
    anotherFile('/etc/kubernetes/apiserver/audit-policy.yaml'),
    'audit-log-settings',
    'fail',
  ],
  [
    'an EncryptionConfiguration with identity first, or without secrets, under the right name',
    anotherFile('/etc/kubernetes/apiserver/encryption.yaml'),
    'encryption-at-rest-settings',
    'fail',
  ],
]
for (const [what, spoiled, probe, expected] of settings)
  test(`${what}: ${probe} says ${expected}`, async () => {
    assert.equal(await outcome(probe, spoiled), expected)
  })

const plain = Buffer.from('k8s\0\n\f\n\x02v1\x12\x06Secret').toString('base64')
const metric = 'apiserver_encryption_config_controller_last_config_info'
const loaded = `${metric}{apiserver_id_hash="sha256:${'f'.repeat(64)}",hash="sha256:${'c'.repeat(64)}"} 1\n`
const secretbox = Buffer.from('k8s:enc:secretbox:v1:key').toString('hex')
/** The file is there and named by the flag; what it does is asked. */
const behaviour: [what: string, verdict: string, expected: string][] = [
  [
    'an audit policy of level None: a request leaves no event',
    judgeEvent('node cp1', { code: 1, stdout: '' }, 'u', 'g').verdict,
    'fail',
  ],
  [
    'an EncryptionConfiguration with identity first: a new Secret lies open in etcd',
    judgeSecret('node cp1', { code: 0, stdout: plain }, 'canary').verdict,
    'fail',
  ],
  [
    'an EncryptionConfiguration that does not cover secrets: its hash is not the rendered one’s',
    judgeLoaded('x', '/y', { status: 200, headers: {}, body: loaded }, metric, 'd'.repeat(64)).verdict,
    'fail',
  ],
  [
    'an EncryptionConfiguration that is right now: a Secret of before it is named',
    judgePrefixes('node cp1', { code: 0, stdout: `/registry/secrets/a/b ${secretbox}\n/registry/secrets/a/c 6b3873\n` })
      .verdict,
    'fail',
  ],
]
for (const [what, verdict, expected] of behaviour)
  test(`${what}: ${expected}`, () => {
    assert.equal(verdict, expected)
  })

test('etcd trusts the cluster’s authority by what lies in its file: it takes a certificate of client-ca', async () => {
  const taken: Handshake = {
    kind: 'accepted',
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_128_GCM_SHA256',
    distrust: '',
    certificate: { subject: '', issuer: '', names: '', expires: 0, sha256: '' },
    answer: 'HTTP/1.1 200 OK',
  }
  const alert: Handshake = { kind: 'alert', number: 42, text: 'bad certificate' }
  const etcd = (takes: (authority: string) => boolean): Spoiled => ({
    env: {
      issue: async ({ authority = 'client-ca', flaw }) => ({
        name: '',
        certificate: `${flaw ?? ''}${authority}-----END CERTIFICATE-----\n`,
        key: '',
      }),
      handshake: async ({ tls }) => (takes(String(tls?.cert).replace(/-----.*\n/, '')) ? taken : alert),
    },
  })
  const probe = 'etcd-cluster-certificate'
  assert.equal(
    await outcome(
      probe,
      etcd((authority) => authority === 'etcd-ca'),
    ),
    'pass',
  )
  assert.equal(
    await outcome(
      probe,
      etcd((authority) => ['etcd-ca', 'client-ca'].includes(authority)),
    ),
    'fail',
  )
})

const unreachable: Spoiled = { env: { shell: () => Promise.reject(new Error('ssh: connect to host: timed out')) } }
const silent: Spoiled = { env: { ask: async () => ({ status: 0, error: 'connect ECONNREFUSED' }) } }
const cutOff: Spoiled = { inspection: (text) => text.replace(/\nend\n$/, '\n') }
const couldNot: [what: string, probe: string, spoiled: Spoiled][] = [
  ['a node cannot be reached', 'file-access-settings', unreachable],
  ['a node’s answer is cut off', 'profiling-off-settings', cutOff],
  ['a kubelet does not answer', 'kubelet-limits-settings', silent],
  ['the API server does not answer', 'image-provenance-settings', silent],
  ['there is no process', 'apiserver-tls-settings', { inspection: (text) => text.replace(/^\|[ca] .*\n/gm, '') }],
]
for (const [what, probe, spoiled] of couldNot)
  test(`a check that could not run (${what}) is not-evaluated and exits 3`, async () => {
    const results = await ask([probe], spoiled)
    assert.deepEqual(
      results.map((result) => result.outcome),
      ['not-evaluated'],
      results[0]?.why,
    )
    assert.equal(exitCode(results), 3)
  })

test.run()
