import { paths, ports } from '../../cluster/components.ts'
import { imageReference } from '../../cluster/lock.ts'
import type { NodeModel } from '../../cluster/model.ts'
import type { Args, Site } from '../control.ts'
import { issuer } from '../controls/authentication.ts'
import { authenticationPath, configFolder } from '../controls/layout.ts'
import { admissionConfig } from './admission.ts'
import { trustPaths } from './control-plane-files.ts'
import type { StaticPod } from './static-pod.ts'

const { pki } = paths

/** What any API server needs, in kubeadm's layout. */
export function apiserverArgs({ model }: Site, node: NodeModel): Args {
  return {
    'admission-control-config-file': admissionConfig.path,
    'advertise-address': node.address, // a host without default route has none of its own
    'allow-privileged': 'true',
    'authentication-config': authenticationPath,
    'client-ca-file': trustPaths.apiClients,
    'enable-bootstrap-token-auth': 'false',
    'etcd-cafile': trustPaths.etcd,
    'etcd-certfile': `${pki}/apiserver-etcd-client.crt`,
    'etcd-keyfile': `${pki}/apiserver-etcd-client.key`,
    // Its own member only: the etcd client would otherwise spread over members that may be down.
    'etcd-servers': `https://127.0.0.1:${ports.etcdClient}`,
    // The default tries the host name first: logs and exec would need DNS.
    'kubelet-preferred-address-types': 'InternalIP',
    'proxy-client-cert-file': `${pki}/front-proxy-client.crt`,
    'proxy-client-key-file': `${pki}/front-proxy-client.key`,
    'requestheader-client-ca-file': trustPaths.frontProxy,
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-username-headers': 'X-Remote-User',
    'secure-port': String(model.endpoint.port),
    'service-account-issuer': issuer(model.network.dnsDomain),
    'service-account-key-file': `${pki}/sa.pub`,
    'service-account-signing-key-file': `${pki}/sa.key`,
    'service-cluster-ip-range': model.network.serviceCIDR,
    // Without these two it waits for its open watches until the kubelet kills it after 30 s: watches are ended in order instead,
    // and requests that come meanwhile are told to try again (apiserver/pkg/server/genericapiserver.go, RunWithContext).
    'shutdown-send-retry-after': 'true',
    'shutdown-watch-termination-grace-period': '2s',
    'tls-cert-file': `${pki}/apiserver.crt`,
    'tls-private-key-file': `${pki}/apiserver.key`,
  }
}

export function apiserverPod({ model, lock }: Site, node: NodeModel, args: string[]): StaticPod {
  const probe = (path: string) => ({ path, port: model.endpoint.port, host: node.address, scheme: 'HTTPS' as const })
  return {
    name: 'kube-apiserver',
    image: imageReference(lock, 'kube-apiserver'),
    args,
    cpu: '250m',
    annotations: {
      'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint': `${node.address}:${model.endpoint.port}`,
    },
    // Its serving certificate, client CAs and client certificates are read again when they change.
    // It starts anew with etcd: one that goes on calls itself not ready for a minute after etcd is back, and answers the kubelet late.
    inputs: [
      `${configFolder}/`,
      `${pki}/sa.pub`,
      `${pki}/sa.key`,
      trustPaths.etcd,
      trustPaths.kubeletServers,
      `${paths.manifests}/etcd.yaml`,
    ],
    mounts: [
      { name: 'k8s-certs', path: pki, readOnly: true },
      { name: 'config', path: configFolder, readOnly: true },
      { name: 'audit', path: model.places.auditFolder, readOnly: false },
    ],
    startup: probe('/livez'),
    liveness: probe('/livez'),
    readiness: probe('/readyz'),
  }
}
