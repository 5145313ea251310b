// What the real kubeadm says of it: npm run e2e:kubeadm.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { parseYamlStream } from '../../lib/yaml.ts'
import { compareManifests } from '../../templates/kubeadm/compare.ts'
import { notOfTheCluster, ofManifests } from '../../templates/kubeadm/differences.ts'
import { kubeadmTarget } from '../../templates/kubeadm/target.ts'
import { renderCluster } from '../../templates/render.ts'
import { fixtureInput } from './fixture.ts'

interface Argument {
  name: string
  value: string
}

async function target(): Promise<Map<string, string>> {
  const input = await fixtureInput()
  return kubeadmTarget(input, renderCluster(input))
}

const documents = (files: Map<string, string>, node: string) =>
  parseYamlStream(files.get(`${node}/kubeadm.yaml`) ?? '', node) as Record<string, unknown>[]

test('the first control plane inits, the others join, and no token is anywhere', async () => {
  const files = await target()
  const kinds = (node: string) => documents(files, node).map((document) => document.kind)
  assert.deepEqual(kinds('cp1'), ['InitConfiguration', 'ClusterConfiguration', 'KubeletConfiguration'])
  assert.deepEqual(kinds('w1'), ['JoinConfiguration'])
  for (const [path, text] of files) assert.doesNotMatch(text, /PRIVATE KEY|bootstrapToken|token: /, path)
})

test('every argument of the cluster is an extra argument, those of a node are kubeadm’s', async () => {
  const cluster = documents(await target(), 'cp1')[1] as { apiServer: { extraArgs: Argument[] } }
  const names = cluster.apiServer.extraArgs.map((argument) => argument.name)
  for (const name of ['audit-policy-file', 'authentication-config', 'client-ca-file', 'tls-cipher-suites'])
    assert.ok(names.includes(name), name)
  for (const name of notOfTheCluster['kube-apiserver']) assert.ok(!names.includes(name), name)
  assert.equal(new Set(names).size, names.length)
})

test('files that kubeadm writes are not placed before it, and all others are', async () => {
  const files = await target()
  const tree = JSON.parse(files.get('cp1/tree.json') ?? '') as { files: { path: string }[] }
  const paths = tree.files.map((file) => file.path)
  assert.ok(!paths.some((path) => path.startsWith('/etc/kubernetes/manifests/')))
  assert.ok(!paths.includes('/var/lib/kubelet/config.yaml'))
  for (const path of [
    '/etc/kubernetes/pki/ca.crt',
    '/etc/kubernetes/apiserver/authentication.yaml',
    '/usr/bin/kubelet',
  ])
    assert.ok(paths.includes(path), path)
  assert.ok(files.has('cp1/files/etc/kubernetes/super-admin.conf'))
  assert.ok(!files.has('w1/files/etc/kubernetes/super-admin.conf'))
})

test('images are patched to digests, and what follows from the host is the node’s own patch', async () => {
  const files = await target()
  assert.match(files.get('cp1/patches/etcd+strategic.yaml') ?? '', /image: redoubt\.dev\/etcd@sha256:/)
  assert.match(files.get('cp1/patches/kubeletconfiguration+strategic.yaml') ?? '', /cgroupDriver: cgroupfs/)
  assert.match(files.get('w1/patches/kubeletconfiguration+strategic.yaml') ?? '', /cgroupDriver: systemd/)
  assert.doesNotMatch(files.get('cp1/kubeadm.yaml') ?? '', /cgroupDriver/)
})

const pod = (command: string[], extra: object = {}) => ({
  metadata: { name: 'x' },
  spec: { containers: [{ name: 'x', command: ['x', ...command], ...extra }] },
})
for (const [name, a, b, places] of [
  ['the same', pod(['--a=1', '--b=2']), pod(['--b=2', '--a=1']), []],
  ['another value', pod(['--a=1']), pod(['--a=2']), ['--a']],
  ['one more', pod([]), pod(['--a=']), ['--a']],
  ['a field', pod([], { image: 'a' }), pod([], { image: 'b' }), ['container.image']],
  [
    'a mount that can be written',
    pod([], { volumeMounts: [{ mountPath: '/x', readOnly: true }] }),
    pod([], { volumeMounts: [{ mountPath: '/x' }] }),
    ['mount /x'],
  ],
] as const)
  test(`manifests are compared: ${name}`, () => {
    assert.deepEqual(compareManifests(a, b), places)
  })

test('each difference has its reason, and stands there once', () => {
  for (const { why, place } of ofManifests)
    assert.ok(why.length > 20 || why.startsWith('of no effect') || why.startsWith('empty'), place)
  assert.equal(new Set(ofManifests.map(({ component, place }) => `${component} ${place}`)).size, ofManifests.length)
})

test.run()
