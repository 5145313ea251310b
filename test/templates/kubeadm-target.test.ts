// What the real kubeadm says of it: npm run e2e:kubeadm.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { parseTree } from '../../cluster/files.ts'
import { parseYamlStream } from '../../lib/yaml.ts'
import { renderedFiles } from '../../scripts/render/folder.ts'
import { compareManifests } from '../../templates/kubeadm/compare.ts'
import { notOfTheCluster, ofManifests } from '../../templates/kubeadm/differences.ts'
import { forKubeadm, kubeadmPlaces } from '../../templates/kubeadm/target.ts'
import { renderCluster } from '../../templates/render.ts'
import { fixtureInput } from './fixture.ts'

interface Argument {
  name: string
  value: string
}

async function target(): Promise<Map<string, string>> {
  const input = await fixtureInput()
  return renderedFiles(forKubeadm(input, renderCluster(input)))
}

const config = 'etc/kubernetes/kubeadm/kubeadm.yaml'
const patches = 'etc/kubernetes/kubeadm/patches'
const documents = (files: Map<string, string>, node: string) =>
  parseYamlStream(files.get(`${node}/${config}`) ?? '', node) as Record<string, unknown>[]
const treeOf = (files: Map<string, string>, node: string) => parseTree(files.get(`${node}/tree.json`) ?? '', node)

test('the first control plane inits, the others join, and no token is anywhere', async () => {
  const files = await target()
  const kinds = (node: string) => documents(files, node).map((document) => document.kind)
  assert.deepEqual(kinds('cp1'), ['InitConfiguration', 'ClusterConfiguration', 'KubeletConfiguration'])
  assert.deepEqual(kinds('w1'), ['JoinConfiguration'])
  for (const [path, text] of files)
    if (!path.endsWith('runbook.md')) assert.doesNotMatch(text, /PRIVATE KEY|bootstrapToken|token: /, path)
})

test('every argument of the cluster is an extra argument, those of a node are kubeadm’s', async () => {
  const cluster = documents(await target(), 'cp1')[1] as { apiServer: { extraArgs: Argument[] } }
  const names = cluster.apiServer.extraArgs.map((argument) => argument.name)
  for (const name of ['audit-policy-file', 'authentication-config', 'client-ca-file', 'tls-cipher-suites'])
    assert.ok(names.includes(name), name)
  for (const name of notOfTheCluster['kube-apiserver']) assert.ok(!names.includes(name), name)
  assert.equal(new Set(names).size, names.length)
})

test('manifests are not placed before kubeadm, and all other files are, on workers kubeadm too', async () => {
  const files = await target()
  const paths = treeOf(files, 'cp1').files.map((file) => file.path)
  assert.ok(!paths.some((path) => path.startsWith('/etc/kubernetes/manifests/')))
  for (const path of [
    '/etc/kubernetes/pki/ca.crt',
    '/etc/kubernetes/apiserver/authentication.yaml',
    '/usr/bin/kubelet',
    `/${config}`,
    `/${patches}/etcd+strategic.yaml`,
    ...Object.values(kubeadmPlaces.superAdmin),
  ])
    assert.ok(paths.includes(path), path)
  const worker = treeOf(files, 'w1').files.map((file) => file.path)
  assert.ok(worker.includes('/usr/bin/kubeadm'))
  for (const path of Object.values(kubeadmPlaces.superAdmin)) assert.ok(!worker.includes(path), path)
  for (const name of ['cp1', 'w1'])
    assert.equal(new Set(treeOf(files, name).files.map(({ path }) => path)).size, treeOf(files, name).files.length)
})

test('who joins does so as its kubelet at the endpoint, and etcd’s state is kubeadm’s to say', async () => {
  const files = await target()
  const [joins] = documents(files, 'w1') as [{ discovery: object }]
  assert.deepEqual(joins.discovery, { file: { kubeConfigPath: kubeadmPlaces.discovery } })
  const { model } = await fixtureInput()
  const kubeconfig = files.get(`w1${kubeadmPlaces.discovery}`) ?? ''
  assert.ok(kubeconfig.includes(`server: ${model.endpoint.url}\n`))
  assert.match(kubeconfig, /current-context: system:node:w1@/)
  assert.ok(!files.has(`cp1${kubeadmPlaces.discovery}`))
  assert.doesNotMatch(files.get(`cp1/${config}`) ?? '', /initial-cluster-state/)
})

test('the kubelet’s configuration lies there closed, and is kubeadm’s from then on', async () => {
  const files = await target()
  for (const node of ['cp1', 'w1']) {
    const found = treeOf(files, node).files.find(({ path }) => path === '/var/lib/kubelet/config.yaml')
    assert.deepEqual([found?.mode, found?.manage], ['0600', 'create'], node)
  }
})

test('etcd’s user is patched into its pod, and is made with what belongs to it before kubeadm runs', async () => {
  const files = await target()
  const patch = files.get(`cp1/${patches}/etcd+strategic.yaml`) ?? ''
  assert.match(patch, /runAsNonRoot: true\n +runAsUser: 379\n +runAsGroup: 379\n/)
  const tree = treeOf(files, 'cp1')
  assert.deepEqual(tree.users, [{ name: 'etcd', uid: 379, gid: 379 }])
  assert.equal(tree.folders.find(({ path }) => path === '/var/lib/etcd')?.owner, '379:379')
})

test('images are patched to digests, and what follows from the host is the node’s own patch', async () => {
  const files = await target()
  assert.match(files.get(`cp1/${patches}/etcd+strategic.yaml`) ?? '', /image: redoubt\.dev\/etcd@sha256:/)
  assert.match(files.get(`cp1/${patches}/kubeletconfiguration+strategic.yaml`) ?? '', /cgroupDriver: cgroupfs/)
  assert.match(files.get(`w1/${patches}/kubeletconfiguration+strategic.yaml`) ?? '', /cgroupDriver: systemd/)
  assert.doesNotMatch(files.get(`cp1/${config}`) ?? '', /cgroupDriver/)
})

test('a worker runs no pod from a file, which kubeadm fills in for every node', async () => {
  const files = await target()
  const patch = (node: string) => files.get(`${node}/${patches}/kubeletconfiguration+strategic.yaml`) ?? ''
  assert.match(patch('w1'), /^staticPodPath: ""$/m)
  assert.match(patch('cp1'), /^staticPodPath: \/etc\/kubernetes\/manifests$/m)
})

test('checks of kubeadm are ignored only where they must fail', async () => {
  const files = await target()
  const ignored = (node: string) =>
    (documents(files, node)[0] as { nodeRegistration: { ignorePreflightErrors?: string[] } }).nodeRegistration
      .ignorePreflightErrors
  const input = await fixtureInput()
  assert.deepEqual(
    input.model.nodes.map((node) => node.host.cgroup),
    ['v1', 'v2'],
  )
  assert.deepEqual(ignored('cp1'), ['SystemVerification'])
  assert.deepEqual(ignored('w1'), ['FileAvailable--etc-kubernetes-kubelet.conf'])
})

test('what kubeadm uploads itself is no object of ours, and controls.json says for whom it is', async () => {
  const files = await target()
  assert.ok(![...files.keys()].some((path) => /^cluster\/\d+-kubeadm\.yaml$/.test(path)))
  assert.ok([...files.keys()].some((path) => /^cluster\/\d+-policies\.yaml$/.test(path)))
  assert.equal(JSON.parse(files.get('controls.json') ?? '').target, 'kubeadm')
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
