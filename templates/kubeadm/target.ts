import { dirname } from 'node:path'
import { binaryPaths, type ConfigurableName, configurable, imageRepository, paths } from '../../cluster/components.ts'
import type { NodeFile, NodeTree } from '../../cluster/files.ts'
import { binaryBlob } from '../../cluster/lock.ts'
import type { Model, NodeModel } from '../../cluster/model.ts'
import { byCodeUnit } from '../../lib/files.ts'
import { parseYaml, writeYaml, writeYamlStream } from '../../lib/yaml.ts'
import { kubeadmGroup } from '../cluster/groups.ts'
import { factsOf } from '../conflicts/facts.ts'
import type { Site } from '../control.ts'
import { configFolder } from '../controls/layout.ts'
import { programFile, secretFile, textFile } from '../node/file.ts'
import { kubeconfig } from '../node/kubeconfig.ts'
import { hostFields, kubeletKubeconfig } from '../node/kubelet.ts'
import type { Rendered } from '../render.ts'
import { ignoredChecks, notOfTheCluster, skippedPhases } from './differences.ts'

const api = 'kubeadm.k8s.io/v1beta4'
/** Where a node keeps what its kubeadm reads. */
export const kubeadmPlaces = {
  config: `${paths.kubernetes}/kubeadm/kubeadm.yaml`,
  patches: `${paths.kubernetes}/kubeadm/patches`,
  /** The kubelet's identity at the endpoint: a control plane's own kubeconfig names its own API server, which is not there yet. */
  discovery: `${paths.kubernetes}/kubeadm/discovery.conf`,
  /** On the first control plane, until kubeadm has bound the administrators' group. */
  superAdmin: { config: `${paths.kubernetes}/super-admin.conf`, key: `${paths.pki}/super-admin.key` },
} as const
const kubeletConfig = `${paths.kubeletData}/config.yaml`

/** Files of a tree that kubeadm writes itself from its configuration and the patches. */
const written: readonly string[] = configurable.map((name) => `${paths.manifests}/${name}.yaml`)

/**
 * The same cluster for kubeadm. A node's tree holds what has to lie there before kubeadm runs, its configuration and patches among
 * it (`/etc/kubernetes/kubeadm`), and no manifest: kubeadm writes them. Every node gets kubeadm.
 */
export function forKubeadm(site: Pick<Site, 'model' | 'pki' | 'lock'>, rendered: Rendered): Rendered {
  const { model, lock } = site
  const facts = factsOf(model, rendered.trees, [])
  const trees = rendered.trees.map((tree, index): NodeTree => {
    const node = model.nodes[index]
    const args = facts[index]?.args
    if (!node || !args) throw new Error(`no node of ${tree.node}`)
    const first = node.name === model.controlPlanes[0]?.name
    const text = writeYamlStream(first ? initDocuments(model, node, tree, args) : [join(model, node)])
    const files = [
      ...tree.files
        .filter((file) => !written.includes(file.path) && file.path !== binaryPaths.kubeadm)
        .map((file) => (file.path === kubeletConfig ? overwritten(file) : file)),
      programFile(binaryPaths.kubeadm, binaryBlob(lock, 'kubeadm')),
      textFile(kubeadmPlaces.config, text),
      ...patches(node, tree).map(([name, patch]) => textFile(`${kubeadmPlaces.patches}/${name}`, writeYaml(patch))),
      ...(first
        ? superAdmin(site)
        : [textFile(kubeadmPlaces.discovery, kubeletKubeconfig(site, node, model.endpoint.url))]),
    ]
    const own = [dirname(kubeadmPlaces.patches), kubeadmPlaces.patches]
    const folders = [...tree.folders, ...own.map((path) => ({ path, mode: 0o700, owner: 'root:root' }))]
    const byPath = (a: { path: string }, b: { path: string }) => byCodeUnit(a.path, b.path)
    return { ...tree, folders: folders.sort(byPath), files: files.sort(byPath) }
  })
  // kubeadm uploads its own configuration, with all arguments, and lets nodes read it.
  const objects = rendered.objects.filter(({ name }) => name !== kubeadmGroup)
  return { ...rendered, target: 'kubeadm', trees, objects }
}

/** kubeadm writes it anew, open to everybody on the host, but leaves the mode of a file that is there. */
function overwritten(file: NodeFile): NodeFile {
  return { ...file, manage: 'create' }
}

/** kubeadm asks for it where it holds no authority, and binds the administrators' group with it: take both files away after init. */
function superAdmin({ model, pki }: Pick<Site, 'model' | 'pki'>): NodeFile[] {
  const { config, key } = kubeadmPlaces.superAdmin
  const text = kubeconfig({
    cluster: model.name,
    user: 'kubernetes-super-admin',
    server: model.endpoint.url,
    ca: pki.trust('api-servers-and-root'),
    certificate: { pem: pki.certificate('super-admin') },
    key,
  })
  return [textFile(config, text), secretFile(key, pki.key('super-admin'))]
}

type AllArgs = Record<ConfigurableName, Record<string, string>>

function initDocuments(model: Model, node: NodeModel, tree: NodeTree, args: AllArgs): object[] {
  return [
    {
      apiVersion: api,
      kind: 'InitConfiguration',
      localAPIEndpoint: { advertiseAddress: node.address, bindPort: model.endpoint.port },
      nodeRegistration: registration(node, false),
      patches: { directory: kubeadmPlaces.patches },
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
    etcd: { local: { dataDir: model.places.etcdData, extraArgs: extra('etcd') } },
    apiServer: {
      extraArgs: extra('kube-apiserver'),
      extraVolumes: [volume('config', configFolder, true), volume('audit', model.places.auditFolder, false)],
    },
    controllerManager: { extraArgs: extra('kube-controller-manager') },
    // kubeadm mounts nothing but its kubeconfig: its serving certificate and its trust lie here.
    scheduler: { extraArgs: extra('kube-scheduler'), extraVolumes: [volume('k8s-certs', paths.pki, true)] },
  }
}

/** A node that joins: it finds the cluster as its own kubelet, never by a token. */
function join(model: Model, node: NodeModel): object {
  return {
    apiVersion: api,
    kind: 'JoinConfiguration',
    discovery: { file: { kubeConfigPath: kubeadmPlaces.discovery } },
    nodeRegistration: registration(node, true),
    patches: { directory: kubeadmPlaces.patches },
    ...(node.role === 'control-plane'
      ? { controlPlane: { localAPIEndpoint: { advertiseAddress: node.address, bindPort: model.endpoint.port } } }
      : {}),
  }
}

function registration(node: NodeModel, joins: boolean): object {
  const ignored = ignoredChecks.filter(({ on }) => on(node, joins)).map(({ check }) => check)
  return {
    name: node.name,
    criSocket: `unix://${paths.containerdSocket}`,
    imagePullPolicy: 'Never',
    ...(ignored.length > 0 ? { ignorePreflightErrors: ignored } : {}),
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
  const kubelet = {
    // kubeadm fills this in for every node; a worker of ours runs no pod from a file.
    ...(node.role === 'worker' ? { staticPodPath: '' } : {}),
    ...Object.fromEntries(Object.entries(kubeletOf(tree)).filter(([field]) => own.includes(field))),
  }
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
