import { imageRepository, paths } from '../../cluster/components.ts'
import type { Model } from '../../cluster/model.ts'
import type { KubeObject } from '../../cluster/objects.ts'
import { writeYaml } from '../../lib/yaml.ts'
import { mergeFields } from '../compose.ts'
import { sharedFields } from '../node/kubelet.ts'
import type { Contributed } from '../node/tree.ts'

/** What kubeadm's commands read of a cluster: its configuration, and that of its kubelets. */
export function kubeadmConfig(model: Model, contributions: readonly Contributed[]): KubeObject[] {
  const kubelet = mergeFields('KubeletConfiguration', [
    { by: 'the baseline', sets: sharedFields(model) },
    ...contributions.map(({ by, kubelet: sets, wins = false }) => ({ by, sets: sets ?? {}, wins })),
  ])
  return [
    configMap('kubeadm-config', { ClusterConfiguration: writeYaml(clusterConfiguration(model)) }),
    configMap('kubelet-config', { kubelet: writeYaml(kubelet) }),
    // Nodes read both, as after kubeadm init (kubeadm/app/phases/uploadconfig, kubelet).
    ...['kubeadm-config', 'kubelet-config'].flatMap(readableByNodes),
  ]
}

/** kubeadm.k8s.io/v1beta4, as far as it describes what we render. */
function clusterConfiguration({ name, version, endpoint, network, places }: Model) {
  return {
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'ClusterConfiguration',
    clusterName: name,
    kubernetesVersion: version,
    controlPlaneEndpoint: `${endpoint.host}:${endpoint.port}`,
    certificatesDir: paths.pki,
    imageRepository,
    etcd: { local: { dataDir: places.etcdData } },
    networking: { dnsDomain: network.dnsDomain, podSubnet: network.podCIDR, serviceSubnet: network.serviceCIDR },
  }
}

function configMap(name: string, data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'kube-system' }, data }
}

function readableByNodes(configMapName: string): KubeObject[] {
  const api = 'rbac.authorization.k8s.io'
  const metadata = { name: `kubeadm:${configMapName}`, namespace: 'kube-system' }
  return [
    {
      apiVersion: `${api}/v1`,
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: [configMapName], verbs: ['get'] }],
    },
    {
      apiVersion: `${api}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: api, kind: 'Role', name: metadata.name },
      subjects: [{ apiGroup: api, kind: 'Group', name: 'system:nodes' }],
    },
  ]
}
