import { type ConfigurableName, configurable, imageRepository, paths } from '../../cluster/components.ts'
import { describeTree, type NodeFile, type NodeTree } from '../../cluster/files.ts'
import type { Model, NodeModel } from '../../cluster/model.ts'
import { parseYaml, writeYaml, writeYamlStream } from '../../lib/yaml.ts'
import { factsOf } from '../conflicts/facts.ts'
import type { Site } from '../control.ts'
import { configFolder } from '../controls/layout.ts'
import { secretFile, textFile } from '../node/file.ts'
import { kubeconfig } from '../node/kubeconfig.ts'
import { hostFields } from '../node/kubelet.ts'
import type { Rendered } from '../render.ts'
import { notOfTheCluster, skippedPhases } from './differences.ts'

const api = 'kubeadm.k8s.io/v1beta4'
/** Where a node keeps what its kubeadm reads. */
const onNode = '/etc/kubernetes/kubeadm'
const kubeletConfig = `${paths.kubeletData}/config.yaml`

/** Files of a tree that kubeadm writes itself from its configuration and the patches. */
const written: readonly string[] = [...configurable.map((name) => `${paths.manifests}/${name}.yaml`), kubeletConfig]

/**
 * The same cluster for kubeadm, by path below `rendered-kubeadm/`: `NODE/kubeadm.yaml`, `NODE/patches/`, `NODE/files/` with what has to
 * lie on the node before kubeadm runs, and `NODE/tree.json`, which names its modes, keys and programs too. Holds no secret.
 */
export function kubeadmTarget(
  site: Pick<Site, 'model' | 'pki'>,
  { trees }: Pick<Rendered, 'trees'>,
): Map<string, string> {
  const { model } = site
  const files = new Map<string, string>()
  const facts = factsOf(model, trees, [])
  model.nodes.forEach((node, index) => {
    const tree = trees[index]
    const args = facts[index]?.args
    if (!tree || !args) return
    const put = (path: string, text: string) => files.set(`${node.name}/${path}`, text)
    const first = node.name === model.controlPlanes[0]?.name
    put('kubeadm.yaml', writeYamlStream(first ? initDocuments(model, node, tree, args) : [join(model, node)]))
    for (const [name, patch] of patches(node, tree)) put(`patches/${name}`, writeYaml(patch))
    const ours = tree.files.filter((file) => !written.includes(file.path))
    const before = { ...tree, files: [...ours, ...(first ? superAdmin(site) : [])] }
    put('tree.json', `${JSON.stringify(describeTree(before), null, 2)}\n`)
    for (const { path, content } of before.files)
      if (content.kind === 'text' || content.kind === 'template') put(`files${path}`, content.text)
  })
  return files
}

/** kubeadm asks for it where it holds no authority, and binds the administrators' group with it: take both files away after init. */
function superAdmin({ model, pki }: Pick<Site, 'model' | 'pki'>): NodeFile[] {
  const key = `${paths.pki}/super-admin.key`
  const text = kubeconfig({
    cluster: model.name,
    user: 'kubernetes-super-admin',
    server: model.endpoint.url,
    ca: pki.trust('api-servers-and-root'),
    certificate: { pem: pki.certificate('super-admin') },
    key,
  })
  return [textFile(`${paths.kubernetes}/super-admin.conf`, text), secretFile(key, pki.key('super-admin'))]
}

type AllArgs = Record<ConfigurableName, Record<string, string>>

function initDocuments(model: Model, node: NodeModel, tree: NodeTree, args: AllArgs): object[] {
  return [
    {
      apiVersion: api,
      kind: 'InitConfiguration',
      localAPIEndpoint: { advertiseAddress: node.address, bindPort: model.endpoint.port },
      nodeRegistration: registration(node),
      patches: { directory: `${onNode}/patches` },
      skipPhases: [...skippedPhases],
    },
    clusterConfiguration(model, args),
    sharedKubelet(tree, node),
  ]
}

function clusterConfiguration(model: Model, args: AllArgs): object {
  const extra = (component: ConfigurableName) =>
    Object.entries(args[component])
      .filter(([flag]) => !notOfTheCluster[component].includes(flag))
      .map(([name, value]) => ({ name, value }))
  const volume = (name: string, path: string, readOnly: boolean) => ({
    name,
    hostPath: path,
    mountPath: path,
    readOnly,
    pathType: 'Directory',
  })
  return {
    apiVersion: api,
    kind: 'ClusterConfiguration',
    clusterName: model.name,
    kubernetesVersion: model.version,
    controlPlaneEndpoint: `${model.endpoint.host}:${model.endpoint.port}`,
    certificatesDir: paths.pki,
    imageRepository,
    networking: {
      dnsDomain: model.network.dnsDomain,
      podSubnet: model.network.podCIDR,
      serviceSubnet: model.network.serviceCIDR,
    },
    etcd: { local: { dataDir: paths.etcdData, extraArgs: extra('etcd') } },
    apiServer: {
      extraArgs: extra('kube-apiserver'),
      extraVolumes: [
        volume('config', configFolder, true),
        volume('audit', paths.auditLog.slice(0, paths.auditLog.lastIndexOf('/')), false),
      ],
    },
    controllerManager: { extraArgs: extra('kube-controller-manager') },
    // kubeadm mounts nothing but its kubeconfig: its serving certificate and its trust lie here.
    scheduler: { extraArgs: extra('kube-scheduler'), extraVolumes: [volume('k8s-certs', paths.pki, true)] },
  }
}

/** A node that joins: it finds the cluster by its own kubeconfig, which lies there before, never by a token. */
function join(model: Model, node: NodeModel): object {
  return {
    apiVersion: api,
    kind: 'JoinConfiguration',
    discovery: { file: { kubeConfigPath: `${paths.kubernetes}/kubelet.conf` } },
    nodeRegistration: registration(node),
    patches: { directory: `${onNode}/patches` },
    ...(node.role === 'control-plane'
      ? { controlPlane: { localAPIEndpoint: { advertiseAddress: node.address, bindPort: model.endpoint.port } } }
      : {}),
  }
}

function registration(node: NodeModel): object {
  return {
    name: node.name,
    criSocket: `unix://${paths.containerdSocket}`,
    imagePullPolicy: 'Never',
    kubeletExtraArgs: [{ name: 'node-ip', value: node.address }],
    taints:
      node.role === 'control-plane' ? [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] : [],
  }
}

function kubeletOf(tree: NodeTree): Record<string, unknown> {
  const content = tree.files.find((file) => file.path === kubeletConfig)?.content
  return parseYaml(content?.kind === 'text' ? content.text : '', kubeletConfig).value as Record<string, unknown>
}

/** The kubelet's configuration without what follows from the host: that is the node's patch. */
function sharedKubelet(tree: NodeTree, node: NodeModel): object {
  const own = Object.keys(hostFields(node))
  return Object.fromEntries(Object.entries(kubeletOf(tree)).filter(([field]) => !own.includes(field)))
}

/** What kubeadm has no field for: images by digest, security contexts, probes, hashes of inputs; and what differs from host to host. */
function patches(node: NodeModel, tree: NodeTree): [string, object][] {
  const own = Object.keys(hostFields(node))
  const kubelet = Object.fromEntries(Object.entries(kubeletOf(tree)).filter(([field]) => own.includes(field)))
  const pods = configurable.flatMap((name): [string, object][] => {
    const content = tree.files.find((file) => file.path === `${paths.manifests}/${name}.yaml`)?.content
    if (content?.kind !== 'text') return []
    const { metadata, spec } = parseYaml(content.text, name).value as {
      metadata: { annotations?: object }
      spec: { containers: Record<string, unknown>[]; securityContext?: object }
    }
    const { command: _, resources: __, volumeMounts: ___, ...container } = spec.containers[0] ?? {}
    const patch = {
      metadata: { annotations: metadata.annotations },
      spec: { containers: [container], securityContext: spec.securityContext },
    }
    return [[`${name}+strategic.yaml`, patch]]
  })
  return [['kubeletconfiguration+strategic.yaml', kubelet], ...pods]
}
