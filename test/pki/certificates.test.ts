import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { authorities, leaves } from '../../pki/certificates.ts'
import { certificatesOf } from '../../pki/required.ts'
import { type Trust, trusts } from '../../pki/trust.ts'
import { specOf } from './helper.ts'

const table = certificatesOf(specOf(1, 1))
const byId = new Map(table.map((entry) => [entry.id, entry]))

// docs/architecture.md, "pki -> templates".
const contract = [
  ...['root', 'server-ca', 'client-ca', 'kubelet-client-ca', 'kubelet-serving-ca', 'etcd-ca', 'front-proxy-ca'],
  ...['apiserver/cp1', 'apiserver-kubelet-client/cp1', 'apiserver-etcd-client/cp1', 'front-proxy-client/cp1'],
  ...['etcd-server/cp1', 'etcd-peer/cp1', 'etcd-healthcheck-client/cp1'],
  ...['controller-manager/cp1', 'controller-manager-serving/cp1', 'scheduler/cp1', 'scheduler-serving/cp1'],
  ...['kubelet-client/cp1', 'kubelet-serving/cp1', 'kubelet-client/w1', 'kubelet-serving/w1'],
  ...['admin', 'super-admin'],
]

test('the table holds exactly the ids of the contract', () => {
  assert.deepEqual([...byId.keys()].sort(), contract.sort())
})

test('an authority stands before what it signs, and signs only what it may', () => {
  for (const [index, entry] of table.entries()) {
    const issuer = table.findIndex(({ id }) => id === entry.issuer)
    assert.ok(entry.id === 'root' ? issuer === index : issuer < index, entry.id)
    const allowed = byId.get(entry.issuer)?.profile.usages ?? []
    if (allowed.length > 0)
      for (const usage of entry.profile.usages) assert.ok(allowed.includes(usage), `${entry.id}: ${usage}`)
    if (!entry.profile.authority) assert.notEqual(entry.issuer, 'root', `${entry.id} hangs on the root`)
  }
})

test('keys, path lengths and lifetimes', () => {
  for (const { id, key, profile, days } of table) {
    assert.equal(key, profile.authority ? 'P-384' : 'P-256', id)
    if (profile.authority) assert.equal(profile.authority.pathLength, id === 'root' ? undefined : 0, id)
    else assert.ok(days <= (/^(kubelet-client\/|admin|super-admin)/.test(id) ? 90 : 365), id)
  }
})

test('only super-admin is in system:masters, and nodes get no key of a person', () => {
  const masters = table.filter(({ profile }) => profile.subject.organizations.includes('system:masters'))
  assert.deepEqual(
    masters.map(({ id }) => id),
    ['super-admin'],
  )
  for (const { on, kind } of leaves) if (kind.includes('admin')) assert.equal(on, 'operator', kind)
})

test('clients are named by a URI, for etcd resolves DNS and IP names of clients', () => {
  for (const { id, profile } of table) {
    if (profile.authority) continue
    assert.ok(profile.sans.length > 0, `${id} has no subject alternative name`)
    if (!profile.usages.includes('server')) assert.deepEqual(profile.sans, [`URI:spiffe://lab/${id}`])
  }
})

test('every control plane and every node gets its own', () => {
  const ids = certificatesOf(specOf(3, 10)).map(({ id }) => id)
  assert.equal(ids.length, 7 + 3 * 11 + 13 * 2 + 2)
  assert.equal(new Set(ids).size, ids.length)
  assert.ok(ids.includes('apiserver/cp3') && ids.includes('kubelet-client/w10') && !ids.includes('apiserver/w1'))
})

test('the API server answers to node, services, endpoint, loopback; each name once', () => {
  const sans = (extra: string) =>
    certificatesOf(specOf(1, 0, extra)).find(({ id }) => id === 'apiserver/cp1')?.profile.sans
  const common = [
    ...['DNS:cp1', 'DNS:localhost', 'DNS:kubernetes', 'DNS:kubernetes.default', 'DNS:kubernetes.default.svc'],
    ...['DNS:kubernetes.default.svc.cluster.local', 'IP:10.77.0.11'],
  ]
  assert.deepEqual(sans(''), [...common, 'IP:10.96.0.1', 'IP:127.0.0.1'])
  assert.deepEqual(sans('  endpoint: 10.77.0.100'), [...common, 'IP:10.77.0.100', 'IP:10.96.0.1', 'IP:127.0.0.1'])
  assert.deepEqual(sans('  endpoint: api.lab'), [...common, 'DNS:api.lab', 'IP:10.96.0.1', 'IP:127.0.0.1'])
})

for (const endpoint of [
  'api.lab:6443',
  'https://api.lab',
  'a b',
  'ü.lab',
  '-a',
  'a..b',
  '*.lab',
  `${'a.'.repeat(130)}b`,
])
  test(`the endpoint ${endpoint.slice(0, 20)} is refused`, () => {
    assert.throws(() => certificatesOf(specOf(1, 0, `  endpoint: "${endpoint}"`)), {
      code: 'usage',
      message: /spec.endpoint: .* is no IPv4 address and no DNS name/,
    })
  })

test('who authenticates clients trusts issuers of clients, never the root, and no issuer opens two purposes', () => {
  for (const [name, trust] of Object.entries(trusts) as [string, Trust][]) {
    for (const id of trust.authorities) {
      const usages: readonly string[] = authorities.find((entry) => entry.id === id)?.usages ?? []
      if (trust.authenticates === 'clients') assert.ok(usages.includes('client'), `${name}: ${id}`)
    }
  }
  const holders = (id: string) =>
    (Object.entries(trusts) as [string, Trust][])
      .filter(([, trust]) => trust.authenticates === 'clients' && (trust.authorities as readonly string[]).includes(id))
      .map(([name]) => name)
  assert.deepEqual(holders('root'), [])
  assert.deepEqual(holders('etcd-ca'), ['etcd'])
  assert.deepEqual(holders('front-proxy-ca'), ['front-proxy'])
  assert.deepEqual(holders('kubelet-client-ca'), ['api-clients'])
})

test.run()
