import { ports } from '../../cluster/components.ts'
import type { Model } from '../../cluster/model.ts'
import type { KubeObject } from '../../cluster/objects.ts'
import { sha256 } from '../../lib/hash.ts'
import { writeYaml } from '../../lib/yaml.ts'
import { mergeFields } from '../compose.ts'
import { writable } from '../node/sysctl.ts'
import type { Contributed } from '../node/tree.ts'
import { clusterRoleBinding } from './rbac.ts'

const name = 'kube-proxy'
const metadata = { name, namespace: 'kube-system' }
const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Services by nftables, on every node. One configuration serves all nodes, so it follows the weakest host. */
export function kubeProxy(model: Model, image: string, contributions: readonly Contributed[]): KubeObject[] {
  const all = (sysctl: string) => model.nodes.every((node) => writable(node.host, sysctl))
  const baseline = {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clusterCIDR: model.network.podCIDR,
    clientConnection: { kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf' },
    // Where nf_conntrack_max cannot be written (network namespaces), trying to makes kube-proxy exit.
    ...(all('net.netfilter.nf_conntrack_max') ? {} : { conntrack: { maxPerCore: 0 } }),
    // Without bridge-nf-call-iptables the answer of a Service's pod on the same node takes a short cut over the bridge.
    ...(all('net.bridge.bridge-nf-call-iptables') ? {} : { nftables: { masqueradeAll: true } }),
    healthzBindAddress: `127.0.0.1:${ports.proxyHealthz}`,
  }
  const config = mergeFields('KubeProxyConfiguration', [
    { by: 'the baseline', sets: baseline },
    ...contributions.map(({ by, kubeProxy: sets }) => ({ by, sets: sets ?? {} })),
  ])
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'default',
        cluster: { server: model.endpoint.url, 'certificate-authority': `${serviceAccount}/ca.crt` },
      },
    ],
    users: [{ name: 'default', user: { tokenFile: `${serviceAccount}/token` } }],
    contexts: [{ name: 'default', context: { cluster: 'default', namespace: 'default', user: 'default' } }],
    'current-context': 'default',
  }
  const data = { 'config.conf': writeYaml(config), 'kubeconfig.conf': writeYaml(kubeconfig) }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    clusterRoleBinding('kubeadm:node-proxier', 'system:node-proxier', { kind: 'ServiceAccount', ...metadata }),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data },
    daemonSet(image, sha256(JSON.stringify(data))),
  ]
}

function daemonSet(image: string, configHash: string): KubeObject {
  const labels = { 'k8s-app': name }
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { ...metadata, labels },
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      template: {
        // The hash makes a changed configuration roll the pods.
        metadata: { labels, annotations: { 'redoubt.dev/inputs': `sha256:${configHash}` } },
        spec: {
          serviceAccountName: name,
          hostNetwork: true,
          priorityClassName: 'system-node-critical',
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          tolerations: [{ operator: 'Exists' }],
          containers: [
            {
              name,
              image,
              imagePullPolicy: 'Never',
              command: [name, '--config=/var/lib/kube-proxy/config.conf', '--hostname-override=$(NODE_NAME)'],
              env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
              securityContext: { privileged: true },
              volumeMounts: [{ name, mountPath: '/var/lib/kube-proxy' }],
            },
          ],
          volumes: [{ name, configMap: { name } }],
        },
      },
    },
  }
}
