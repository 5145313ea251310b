import type { ConfigurableName } from '../../../cluster/components.ts'
import type { HostFacts } from '../../../cluster/hosts.ts'
import type { KubeObject } from '../../../cluster/objects.ts'
import type { KeyChoice } from '../../../cluster/spec-shape.ts'

/** What differs from an ordinary cluster; null takes a setting away. */
export interface Change extends Partial<Record<ConfigurableName, Record<string, string | null>>> {
  kubelet?: Record<string, unknown>
  kubeletArgs?: Record<string, string>
  files?: Record<string, unknown>
  owners?: Record<string, string>
  objects?: KubeObject[]
  host?: Partial<HostFacts>
  endpoint?: string
  controlPlanes?: number
  keys?: KeyChoice
}

export const api = (args: Record<string, string | null>): Change => ({ 'kube-apiserver': args })
export const manager = (args: Record<string, string | null>): Change => ({ 'kube-controller-manager': args })
export const scheduler = (args: Record<string, string | null>): Change => ({ 'kube-scheduler': args })
export const etcd = (args: Record<string, string | null>): Change => ({ etcd: args })
export const kubelet = (fields: Record<string, unknown>): Change => ({ kubelet: fields })

export const folder = '/etc/kubernetes/apiserver'
export const authentication = (anonymous: unknown): Change => ({
  files: { [`${folder}/authentication.yaml`]: anonymous === undefined ? { kind: 'A' } : { anonymous } },
})
export const provider = (url: string): Change => ({
  files: { [`${folder}/authentication.yaml`]: { anonymous: { enabled: true }, jwt: [{ issuer: { url } }] } },
})
export const podSecurity = (namespaces: string[]): Change => ({
  files: { [`${folder}/pod-security.yaml`]: { defaults: { enforce: 'restricted' }, exemptions: { namespaces } } },
})
export const cbc = 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'
export const gcm = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'
export const ecdsa = 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'
export const plugins = 'NodeRestriction,PodSecurity'
export const service = (spec: object): Change => ({
  ...api({ 'enable-admission-plugins': 'DenyServiceExternalIPs' }),
  objects: [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'default' }, spec }],
})
export const etcdPod = (user: number, owner: string): Change => ({
  files: { '/etc/kubernetes/manifests/etcd.yaml': { spec: { securityContext: { runAsUser: user } } } },
  owners: { '/etc/kubernetes/pki/etcd/server.key': owner, '/etc/kubernetes/pki/etcd/peer.key': owner },
})
export const encryption = (first: object): Change => ({
  files: { [`${folder}/encryption.yaml`]: { resources: [{ providers: [first, { identity: {} }] }] } },
})
export const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`
export const trust = (names: string | null, proxy: string): Change => ({
  ...api({ 'requestheader-allowed-names': names }),
  files: { '/etc/kubernetes/pki/api-clients.crt': pem('a'), '/etc/kubernetes/pki/front-proxy-ca.crt': pem(proxy) },
})
