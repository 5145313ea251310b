import { binaryPaths, paths, ports } from '../../cluster/components.ts'
import type { NodeFile } from '../../cluster/files.ts'
import type { Model, NodeModel } from '../../cluster/model.ts'
import { writeYaml } from '../../lib/yaml.ts'
import { mergeFields } from '../compose.ts'
import type { Fields, Site } from '../control.ts'
import { kubeletClientTrust } from '../controls/authentication.ts'
import { knownFields } from '../versions.ts'
import { secretFile, textFile } from './file.ts'
import { kubeconfig } from './kubeconfig.ts'
import { kernelDefaultsHeld } from './sysctl.ts'
import { writeUnit } from './unit.ts'

const configPath = `${paths.kubeletData}/config.yaml`
const kubeconfigPath = `${paths.kubernetes}/kubelet.conf`
const pki = `${paths.kubeletData}/pki`

/** What the kubelets of a cluster have in common; kubeadm keeps it in the ConfigMap kubelet-config. */
export function sharedFields(model: Model): Fields {
  return knownFields(model.minor, {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    clusterDNS: [model.network.dnsIP],
    clusterDomain: model.network.dnsDomain,
    containerRuntimeEndpoint: `unix://${paths.containerdSocket}`,
    port: ports.kubelet,
    healthzBindAddress: '127.0.0.1',
    healthzPort: ports.kubeletHealthz,
    tlsCertFile: `${pki}/kubelet.crt`,
    tlsPrivateKeyFile: `${pki}/kubelet.key`,
    // Images come with the bundle: no credentials of a registry are asked for what is there.
    imagePullCredentialsVerificationPolicy: 'NeverVerifyPreloadedImages',
  })
}

/** What follows from the host: its control groups, swap, sysctls, and whether static pods run here. */
export function hostFields({ host, role }: NodeModel): Fields {
  return {
    cgroupDriver: host.cgroup === 'v2' ? 'systemd' : 'cgroupfs',
    failCgroupV1: host.cgroup === 'v2',
    failSwapOn: !host.swap,
    protectKernelDefaults: kernelDefaultsHeld(host),
    ...(role === 'control-plane'
      ? {
          staticPodPath: paths.manifests,
          registerWithTaints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
        }
      : {}),
  }
}

/** The kubelet: configuration, kubeconfig, certificates, unit. `fields` are what controls add to its configuration. */
export function kubelet(site: Site, node: NodeModel, fields: Parameters<typeof mergeFields>[1]): NodeFile[] {
  const { model } = site
  const config = mergeFields('KubeletConfiguration', [
    { by: 'the baseline', sets: { ...sharedFields(model), ...hostFields(node) } },
    ...fields,
  ])
  return [
    textFile(configPath, writeYaml(config), { restarts: ['kubelet'] }),
    textFile(
      kubeconfigPath,
      kubeletKubeconfig(
        site,
        node,
        node.role === 'control-plane' ? `https://${node.address}:${model.endpoint.port}` : model.endpoint.url,
      ),
      { restarts: ['kubelet'] },
    ),
    // The first client certificate. The kubelet renews it as kubelet-client-current.pem, a link of its own beside it, and
    // prefers that one (client-go util/certificate/certificate_store.go); a file of that name would stop the renewal.
    textFile(`${pki}/kubelet-client.crt`, site.pki.certificate(`kubelet-client/${node.name}`), { mode: 0o644 }),
    secretFile(`${pki}/kubelet-client.key`, site.pki.key(`kubelet-client/${node.name}`)),
    textFile(`${pki}/kubelet.crt`, site.pki.certificate(`kubelet-serving/${node.name}`), { mode: 0o644 }),
    secretFile(`${pki}/kubelet.key`, site.pki.key(`kubelet-serving/${node.name}`)),
    textFile(kubeletClientTrust, site.pki.trust('kubelet-clients'), { mode: 0o644 }),
    textFile('/etc/systemd/system/kubelet.service', writeUnit(unit(node)), { restarts: ['units', 'kubelet'] }),
  ]
}

function unit(node: NodeModel) {
  return {
    Unit: [
      ['Description', 'kubelet: the Kubernetes node agent'],
      ['Documentation', 'https://kubernetes.io/docs/'],
      ['After', 'containerd.service network.target redoubt-routes.service'],
      ['Wants', 'containerd.service'],
      ['StartLimitIntervalSec', '0'],
    ],
    Service: [
      // Without --node-ip a host without default route has no address for the kubelet.
      [
        'ExecStart',
        `${binaryPaths.kubelet} --config=${configPath} --kubeconfig=${kubeconfigPath} --node-ip=${node.address}`,
      ],
      ['Restart', 'always'],
      ['RestartSec', '1'],
    ],
    Install: [['WantedBy', 'multi-user.target']],
  } as const
}

/** A kubelet's identity at one address of the API. */
export function kubeletKubeconfig(site: Pick<Site, 'model' | 'pki'>, node: NodeModel, server: string): string {
  return kubeconfig({
    cluster: site.model.name,
    user: `system:node:${node.name}`,
    server,
    ca: site.pki.trust('api-servers'),
    certificate: { path: `${pki}/kubelet-client.crt` },
    key: `${pki}/kubelet-client.key`,
  })
}
