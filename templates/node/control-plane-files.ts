import { paths } from '../../cluster/components.ts'
import type { NodeFile } from '../../cluster/files.ts'
import type { NodeModel } from '../../cluster/model.ts'
import type { Site } from '../control.ts'
import { etcdTrust } from '../controls/etcd-client-auth.ts'
import { admissionConfig } from './admission.ts'
import { secretFile, textFile } from './file.ts'
import { kubeconfig } from './kubeconfig.ts'

const { pki } = paths

/** Trust files named for their purpose, beside kubeadm's names. docs/pki.md says who reads which. */
export const trustPaths = {
  apiClients: `${pki}/api-clients.crt`,
  kubeletServers: `${pki}/kubelet-servers.crt`,
  frontProxy: `${pki}/front-proxy-ca.crt`,
  etcd: etcdTrust,
  /** Root first: kubeadm reads the first certificate only. */
  servers: `${pki}/ca.crt`,
} as const

/** Certificates by path below the PKI folder, without `.crt` and `.key`, and their kind in the PKI's table. */
const pairs = {
  apiserver: 'apiserver',
  'apiserver-kubelet-client': 'apiserver-kubelet-client',
  'apiserver-etcd-client': 'apiserver-etcd-client',
  'front-proxy-client': 'front-proxy-client',
  'controller-manager-serving': 'controller-manager-serving',
  'scheduler-serving': 'scheduler-serving',
  'etcd/server': 'etcd-server',
  'etcd/peer': 'etcd-peer',
  'etcd/healthcheck-client': 'etcd-healthcheck-client',
} as const

/** Certificates, keys, trust and kubeconfigs of a control plane, laid out as kubeadm does. */
export function controlPlaneFiles({ model, pki: keys }: Site, node: NodeModel): NodeFile[] {
  const crt = { mode: 0o644 }
  const leafFiles = Object.entries(pairs).flatMap(([path, kind]) => [
    textFile(`${pki}/${path}.crt`, keys.certificate(`${kind}/${node.name}`), crt),
    secretFile(`${pki}/${path}.key`, keys.key(`${kind}/${node.name}`)),
  ])
  const local = `https://${node.address}:${model.endpoint.port}`
  const shared = { cluster: model.name, ca: keys.trust('api-servers') }
  const config = (name: string, id: string, user: string, server: string, ca = shared.ca): NodeFile[] => [
    textFile(
      `${paths.kubernetes}/${name}.conf`,
      kubeconfig({
        ...shared,
        ca,
        user,
        server,
        certificate: { pem: keys.certificate(id) },
        key: `${pki}/${name}.key`,
      }),
    ),
    secretFile(`${pki}/${name}.key`, keys.key(id)),
  ]
  return [
    admissionConfig,
    textFile(trustPaths.servers, keys.trust('api-servers-and-root'), crt),
    textFile(trustPaths.apiClients, keys.trust('api-clients'), crt),
    textFile(trustPaths.kubeletServers, keys.trust('kubelet-servers'), crt),
    textFile(trustPaths.frontProxy, keys.trust('front-proxy'), crt),
    textFile(trustPaths.etcd, keys.trust('etcd'), crt),
    // With this issuer the controller manager signs the certificates that kubelets renew.
    textFile(`${pki}/kubelet-client-ca.crt`, keys.authority('kubelet-client-ca'), crt),
    secretFile(`${pki}/kubelet-client-ca.key`, keys.key('kubelet-client-ca')),
    textFile(`${pki}/sa.pub`, keys.publicKey('service-account'), crt),
    secretFile(`${pki}/sa.key`, keys.secret('service-account')),
    ...leafFiles,
    ...config('controller-manager', `controller-manager/${node.name}`, 'system:kube-controller-manager', local),
    ...config('scheduler', `scheduler/${node.name}`, 'system:kube-scheduler', local),
    ...config('admin', 'admin', 'kubernetes-admin', model.endpoint.url, keys.trust('api-servers-and-root')),
  ]
}
