import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { kinds } from '../../cluster/objects.ts'
import { etcdKeys, etcdOwner } from '../../templates/controls/etcd-own-user.ts'
import { renderCluster } from '../../templates/render.ts'
import { inputOf, textOf, yamlOf } from './fixture.ts'

const three = ['cp1 control-plane', 'cp2 control-plane', 'cp3 control-plane', 'w1 worker', 'w2 worker']

test('three control planes: each member knows all, and each API server its own member', async () => {
  const { trees } = renderCluster(await inputOf(three))
  for (const [index, node] of ['cp1', 'cp2', 'cp3'].entries()) {
    const etcd = textOf(trees, '/etc/kubernetes/manifests/etcd.yaml', node)
    assert.match(
      etcd,
      /--initial-cluster=cp1=https:\/\/10.77.0.11:2380,cp2=https:\/\/10.77.0.12:2380,cp3=https:\/\/10.77.0.13:2380\n/,
    )
    assert.match(etcd, new RegExp(`--name=${node}\n`))
    const api = textOf(trees, '/etc/kubernetes/manifests/kube-apiserver.yaml', node)
    assert.match(api, new RegExp(`--advertise-address=10.77.0.${11 + index}\n`))
    assert.match(api, /--etcd-servers=https:\/\/127.0.0.1:2379\n/)
  }
})

test('every node has a route to every other node’s pods; nothing else for the cluster’s networks leaves it', async () => {
  const routes = async (nodes: readonly string[], node: string) => {
    const unit = textOf(renderCluster(await inputOf(nodes)).trees, '/etc/systemd/system/redoubt-routes.service', node)
    return [...unit.matchAll(/^ExecStart=ip (.+)$/gm)].map((match) => match[1])
  }
  const refused = [
    'route replace unreachable 10.244.0.0/16 metric 1000',
    'rule add iif cni0 to 10.96.0.0/16 priority 1000 unreachable',
  ]
  const peers = [0, 1, 2, 4].map((n) => `route replace 10.244.${n}.0/24 via 10.77.0.${11 + n}`)
  assert.deepEqual(await routes(three, 'w1'), [...peers, ...refused])
  assert.deepEqual(await routes(['cp1 control-plane'], 'cp1'), refused)
})

test('a worker holds nothing of the control plane', async () => {
  const { trees } = renderCluster(await inputOf(three))
  const worker = trees.find((tree) => tree.node === 'w1')
  const alien = worker?.files.filter(({ path, content }) => {
    const secret = content.kind === 'secret' ? content.ref : ''
    return /manifests|admin|etcd|sa\.key|kubeadm|kubectl/.test(path) || (secret !== '' && !secret.endsWith('/w1.key'))
  })
  assert.deepEqual(alien, [])
  assert.ok(!worker?.images.some((image) => /apiserver|etcd|scheduler|controller-manager/.test(image)))
  const config = yamlOf(trees, '/var/lib/kubelet/config.yaml', 'w1')
  assert.equal(config.staticPodPath, undefined)
  assert.equal(config.registerWithTaints, undefined)
})

test('no trust file that lets clients in is the one of another purpose, or holds the root', async () => {
  const { trees } = renderCluster(await inputOf(three))
  const trust: [string, string][] = [
    ['/etc/kubernetes/pki/api-clients.crt', 'api-clients'],
    ['/etc/kubernetes/pki/front-proxy-ca.crt', 'front-proxy'],
    ['/etc/kubernetes/pki/kubelet-clients.crt', 'kubelet-clients'],
    ['/etc/kubernetes/pki/etcd/ca.crt', 'etcd'],
  ]
  for (const [path, name] of trust) assert.match(textOf(trees, path), new RegExp(`\ntrust ${name}\n`))
  for (const name of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd']) {
    const text = textOf(trees, `/etc/kubernetes/manifests/${name}.yaml`)
    // kubeadm's ca.crt holds the root: only what is told to pods may name it.
    const flags = [...text.matchAll(/--([a-z-]+)=\/etc\/kubernetes\/pki\/ca\.crt$/gm)].map((match) => match[1])
    assert.deepEqual(flags, name === 'kube-controller-manager' ? ['root-ca-file'] : [])
  }
})

test('containerd pins every image that its node was given, so that the kubelet deletes none', async () => {
  const { trees } = renderCluster(await inputOf(three))
  for (const { node, images } of trees) {
    const config = textOf(trees, '/etc/containerd/config.toml', node)
    assert.ok(images.length >= 4)
    for (const image of images) assert.ok(config.includes(`= "${image}"\n`), `${node} ${image}`)
    assert.match(config, /\nsandbox = "redoubt\.dev\/pause@sha256:/)
  }
})

test('secrets and keys are for root alone, or for the one who reads them, and nothing is open to writing', async () => {
  for (const tree of renderCluster(await inputOf(three)).trees)
    for (const { path, mode, owner, content } of tree.files) {
      assert.equal(owner, etcdKeys.includes(path) ? etcdOwner : 'root:root', path)
      assert.equal(mode & 0o022, 0, path)
      if (content.kind === 'secret' || content.kind === 'template' || /\.(conf|key)$|manifests/.test(path))
        assert.equal(mode, path.startsWith('/etc/sysctl.d') ? 0o644 : 0o600, path)
    }
})

test('every file’s folder is in the tree or the host’s own, parents first', async () => {
  for (const tree of renderCluster(await inputOf(three)).trees) {
    const paths = tree.folders.map((folder) => folder.path)
    assert.deepEqual(paths, [...paths].sort())
    for (const path of paths) assert.ok(!['/etc', '/usr', '/var', '/var/lib', '/opt'].includes(path), path)
    for (const path of ['/etc/kubernetes/pki', '/etc/cni/net.d', '/opt/cni/bin']) assert.ok(paths.includes(path), path)
  }
})

test('objects are of known kinds, images by digest and never pulled, nodes last', async () => {
  const { objects } = renderCluster(await inputOf(three))
  assert.equal(objects.at(-1)?.name, 'nodes')
  const all = objects.flatMap((group) => group.objects)
  for (const object of all) assert.ok(kinds[object.kind], object.kind)
  const text = JSON.stringify(all)
  const images = [...text.matchAll(/"image":"([^"]+)"/g)].map((match) => match[1])
  assert.equal(images.length, 2)
  for (const image of images) assert.match(image ?? '', /^redoubt\.dev\/[a-z-]+@sha256:[0-9a-f]{64}$/)
  assert.doesNotMatch(text, /"imagePullPolicy":"(?!Never)/)
})

test('DNS: two servers where there are two nodes, one where there is one', async () => {
  for (const [nodes, replicas] of [
    [['cp1 control-plane'], 1],
    [three, 2],
  ] as const) {
    const objects = renderCluster(await inputOf(nodes)).objects.flatMap((group) => group.objects)
    const spec = objects.find((object) => object.kind === 'Deployment')?.spec
    assert.equal((spec as { replicas: number } | undefined)?.replicas, replicas)
  }
})

test.run()
