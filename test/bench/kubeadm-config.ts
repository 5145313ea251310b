// What kubeadm is told, so that it makes the same cluster of the same images: the host's properties, the pod network and the proxy are ours.
import { imageRepository, paths } from '../../cluster/components.ts'
import type { Model, NodeModel } from '../../cluster/model.ts'
import { parseYaml, writeYaml } from '../../lib/yaml.ts'
import { kubeProxy } from '../../templates/cluster/kube-proxy.ts'
import { hostFields } from '../../templates/node/kubelet.ts'

/** A bootstrap token of the lab's: it lives as long as the hosts. */
const token = 'abcdef.0123456789abcdef'
const kubeadmApi = 'kubeadm.k8s.io/v1beta4'
const resolvConf = '/etc/kubeadm-resolv.conf'

/** Written on each host before: the unit's drop-in as kubeadm's packages bring it, and a resolver, which CoreDNS of kubeadm demands. */
export const hostFiles: Record<string, string> = {
  [resolvConf]: 'nameserver 10.77.0.1\n',
  '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf': `[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS
`,
}

/** The file for `kubeadm init --config`. */
export function initConfig(model: Model, node: NodeModel): string {
  const { cgroupDriver, failCgroupV1, failSwapOn } = hostFields(node)
  return stream([
    {
      apiVersion: kubeadmApi,
      kind: 'InitConfiguration',
      bootstrapTokens: [
        { token, usages: ['signing', 'authentication'], groups: ['system:bootstrappers:kubeadm:default-node-token'] },
      ],
      localAPIEndpoint: { advertiseAddress: node.address, bindPort: model.endpoint.port },
      nodeRegistration: registration(node),
    },
    {
      apiVersion: kubeadmApi,
      kind: 'ClusterConfiguration',
      kubernetesVersion: model.version,
      imageRepository,
      networking: { serviceSubnet: model.network.serviceCIDR, dnsDomain: model.network.dnsDomain },
    },
    {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      cgroupDriver,
      failCgroupV1,
      failSwapOn,
      resolvConf,
    },
    proxyConfig(model),
  ])
}

/** The file for `kubeadm join --config`. */
export function joinConfig(model: Model, node: NodeModel): string {
  return stream([
    {
      apiVersion: kubeadmApi,
      kind: 'JoinConfiguration',
      discovery: {
        bootstrapToken: {
          token,
          apiServerEndpoint: `${model.endpoint.host}:${model.endpoint.port}`,
          unsafeSkipCAVerification: true,
        },
      },
      nodeRegistration: registration(node),
    },
  ])
}

function registration({ name, address }: NodeModel) {
  return {
    name,
    criSocket: `unix://${paths.containerdSocket}`,
    imagePullPolicy: 'IfNotPresent',
    kubeletExtraArgs: [{ name: 'node-ip', value: address }],
    ignorePreflightErrors: ['all'],
  }
}

/** Our own kube-proxy's configuration; kubeadm sets its kubeconfig itself. */
function proxyConfig(model: Model): object {
  const map = kubeProxy(model, 'unused', []).find((object) => object.kind === 'ConfigMap')
  const text = (map?.data as Record<string, string> | undefined)?.['config.conf'] ?? ''
  const { clientConnection: _, ...config } = parseYaml(text, 'config.conf').value as Record<string, unknown>
  return config
}

function stream(documents: readonly object[]): string {
  return documents.map((document) => `---\n${writeYaml(document)}`).join('')
}
