import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { openPorts } from '../../cluster/port-matrix.ts'
import { inputOf } from '../templates/fixture.ts'

const spec = async (extra: string) => (await inputOf(['cp1 control-plane', 'w1 worker'], { extra: `  ${extra}` })).model

const refused: [line: string, message: RegExp][] = [
  ['pki: {keys: rsa-2048}', /pki\.keys: expected .*"rsa-3072".*, found "rsa-2048"/],
  ['pki: {keys: RSA}', /pki\.keys: expected/],
  ['apiServer: {port: 443}', /no right to ports below 1024/],
  ['apiServer: {port: 70000}', /apiServer\.port: /],
  ['apiServer: {port: 2379}', /7?2379 is taken: etcdClient/],
  ['apiServer: {port: 10250}', /is taken: kubelet/],
  ['apiServer: {port: 2222}\n  ssh: {port: 2222}', /is taken: spec\.ssh\.port/],
  ['apiServer: {port: 30443}', /among the ports of Services/],
  ['etcd: {dataDir: srv/etcd}', /expected a path like/],
  ['etcd: {dataDir: /srv/etcd/}', /expected a path like/],
  ['etcd: {dataDir: /srv/../etcd}', /expected a path like/],
  ['etcd: {dataDir: "/srv/a b"}', /expected a path like/],
  ['etcd: {dataDir: "/srv/$(id)"}', /expected a path like/],
  ['etcd: {dataDir: /data}', /shared by too many/],
  ['etcd: {dataDir: /var/lib}', /shared by too many/],
  ['etcd: {dataDir: /etc/etcd}', /\/etc\/etcd lies within \/etc/],
  ['etcd: {dataDir: /var/lib/kubelet/etcd}', /lies within \/var\/lib\/kubelet/],
  ['etcd: {dataDir: /var/lib/redoubt}', /lies within \/var\/lib\/redoubt/],
  ['audit: {logDir: /var/log/pods}', /lies within \/var\/log\/pods/],
  ['audit: {logDir: /var/lib/etcd/audit}', /lie one within the other/],
  ['etcd: {dataDir: /var/log/kubernetes}', /lie one within the other/],
]
for (const [line, message] of refused)
  test(`refused: ${line}`, async () => {
    await assert.rejects(spec(line), { code: 'usage', message, where: /^redoubt\.yaml:\d+/ })
  })

test('without a word all is as everybody knows it', async () => {
  const { endpoint, places, spec: own } = await spec('')
  assert.equal(endpoint.url, 'https://10.77.0.11:6443')
  assert.deepEqual(places, {
    etcdData: '/var/lib/etcd',
    auditFolder: '/var/log/kubernetes/audit',
    auditLog: '/var/log/kubernetes/audit/audit.log',
  })
  assert.equal(own.pki.keys, 'ecdsa-p256')
})

test('the port matrix has the port of the spec, on control planes alone', async () => {
  const model = await spec('apiServer: {port: 7443}')
  assert.equal(model.endpoint.url, 'https://10.77.0.11:7443')
  assert.deepEqual(openPorts(model, 'control-plane'), [22, 10250, 7443, 2379, 2380])
  assert.deepEqual(openPorts(model, 'worker'), [22, 10250])
})

test.run()
