import type { ConfigurableName } from '../../cluster/components.ts'
import type { HostFacts } from '../../cluster/hosts.ts'
import type { KubeObject } from '../../cluster/objects.ts'

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
}

const api = (args: Record<string, string | null>): Change => ({ 'kube-apiserver': args })
const manager = (args: Record<string, string | null>): Change => ({ 'kube-controller-manager': args })
const scheduler = (args: Record<string, string | null>): Change => ({ 'kube-scheduler': args })
const etcd = (args: Record<string, string | null>): Change => ({ etcd: args })
const kubelet = (fields: Record<string, unknown>): Change => ({ kubelet: fields })

const folder = '/etc/kubernetes/apiserver'
const authentication = (anonymous: unknown): Change => ({
  files: { [`${folder}/authentication.yaml`]: anonymous === undefined ? { kind: 'A' } : { anonymous } },
})
const provider = (url: string): Change => ({
  files: { [`${folder}/authentication.yaml`]: { anonymous: { enabled: true }, jwt: [{ issuer: { url } }] } },
})
const podSecurity = (namespaces: string[]): Change => ({
  files: { [`${folder}/pod-security.yaml`]: { defaults: { enforce: 'restricted' }, exemptions: { namespaces } } },
})
const cbc = 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'
const gcm = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'
const plugins = 'NodeRestriction,PodSecurity'
const service = (spec: object): Change => ({
  ...api({ 'enable-admission-plugins': 'DenyServiceExternalIPs' }),
  objects: [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'default' }, spec }],
})
const etcdPod = (user: number, owner: string): Change => ({
  files: { '/etc/kubernetes/manifests/etcd.yaml': { spec: { securityContext: { runAsUser: user } } } },
  owners: { '/etc/kubernetes/pki/etcd/server.key': owner, '/etc/kubernetes/pki/etcd/peer.key': owner },
})
const encryption = (first: object): Change => ({
  files: { [`${folder}/encryption.yaml`]: { resources: [{ providers: [first, { identity: {} }] }] } },
})
const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`
const trust = (names: string | null, proxy: string): Change => ({
  ...api({ 'requestheader-allowed-names': names }),
  files: { '/etc/kubernetes/pki/api-clients.crt': pem('a'), '/etc/kubernetes/pki/front-proxy-ca.crt': pem(proxy) },
})

/** Rule -> a change that breaks it. */
export const breaking: Record<string, Change> = {
  'anonymous-flag-and-file': api({ 'anonymous-auth': 'true' }),
  'anonymous-flag-off-and-probes': api({ 'anonymous-auth': 'false', 'authentication-config': null }),
  'anonymous-file-off-and-probes': authentication({ enabled: false }),
  'anonymous-paths-and-probes': authentication({ enabled: true, conditions: [{ path: '/livez' }] }),
  'token-discovery-and-anonymous': api({ 'enable-bootstrap-token-auth': 'true' }),
  'oidc-flags-and-file': api({ 'oidc-groups-claim': 'groups' }),
  'oidc-issuer-and-client': api({ 'oidc-issuer-url': 'https://id', 'authentication-config': null }),
  'oidc-issuer-of-tokens': provider('https://kubernetes.default.svc.cluster.local'),
  'request-header-overlap': trust(null, 'a'),
  'token-signer-twice': api({ 'service-account-signing-endpoint': '/run/signer.sock' }),
  'token-lifetime-too-short': api({ 'service-account-max-token-expiration': '30m0s' }),
  'authorization-file-and-mode': api({ 'authorization-config': `${folder}/authentication.yaml` }),
  'authorization-file-and-webhook': api({
    'authorization-config': `${folder}/authentication.yaml`,
    'authorization-webhook-cache-authorized-ttl': '1m',
  }),
  'webhook-mode-and-file': api({ 'authorization-mode': 'Node,Webhook,RBAC' }),
  'abac-mode-and-file': api({ 'authorization-policy-file': `${folder}/authentication.yaml` }),
  'authorization-mode-twice': api({ 'authorization-mode': 'Node,RBAC,Node' }),
  'always-allow-and-anonymous': api({ 'authorization-mode': 'Node,RBAC,AlwaysAllow' }),
  'kubelets-without-node-authorizer': api({ 'authorization-mode': 'RBAC' }),
  'components-without-rbac': api({ 'authorization-mode': 'Node' }),
  'plugin-on-and-off': api({ 'enable-admission-plugins': plugins, 'disable-admission-plugins': 'PodSecurity' }),
  'event-rate-limit-without-limits': {
    ...api({ 'enable-admission-plugins': 'EventRateLimit' }),
    files: { [`${folder}/event-rate-limit.yaml`]: { limits: [] } },
  },
  'always-pull-images-and-no-registry': api({ 'enable-admission-plugins': `${plugins},AlwaysPullImages` }),
  'image-policy-webhook-without-file': api({ 'enable-admission-plugins': 'ImagePolicyWebhook' }),
  'deny-external-ips-and-services': service({ externalIPs: ['192.0.2.1'] }),
  'pod-security-without-kube-system': podSecurity(['network']),
  'service-account-plugin-off': api({ 'disable-admission-plugins': 'ServiceAccount' }),
  'policy-plugin-off': api({ 'disable-admission-plugins': 'ValidatingAdmissionPolicy' }),
  'privileged-pods-off': api({ 'allow-privileged': 'false' }),
  'http2-suites-apiserver': api({ 'tls-cipher-suites': cbc }),
  'http2-suites-controller-manager': manager({ 'tls-cipher-suites': cbc }),
  'http2-suites-scheduler': scheduler({ 'tls-cipher-suites': cbc, 'tls-min-version': null }),
  'http2-suites-kubelet': kubelet({ tlsCipherSuites: [cbc] }),
  'etcd-tls13-and-suites': etcd({ 'tls-min-version': 'TLS1.3' }),
  'etcd-tls-range': etcd({ 'tls-min-version': 'TLS1.3', 'tls-max-version': 'TLS1.2', 'cipher-suites': null }),
  'audit-log-without-policy': api({ 'audit-policy-file': null }),
  'audit-policy-without-log': api({ 'audit-log-path': null }),
  'audit-log-outside-its-mount': api({ 'audit-log-path': '/var/log/audit.log' }),
  'audit-log-strict-and-disk': api({ 'audit-log-mode': 'blocking-strict' }),
  'audit-webhook-strict': api({
    'audit-webhook-mode': 'blocking',
    'audit-webhook-config-file': `${folder}/authentication.yaml`,
  }),
  'audit-webhook-without-policy': api({
    'audit-policy-file': null,
    'audit-webhook-config-file': `${folder}/authentication.yaml`,
  }),
  'audit-log-never-rotates': api({ 'audit-log-maxsize': '0' }),
  'encryption-reload-without-file': api({ 'encryption-provider-config': null }),
  'encryption-file-of-another': api({ 'encryption-provider-config': '/etc/kubernetes/own.yaml' }),
  'encryption-identity-first': encryption({ identity: {} }),
  'file-that-nobody-places': api({ 'egress-selector-config-file': `${folder}/egress.yaml` }),
  'fairness-without-its-api': api({ 'runtime-config': 'api/alpha=false,flowcontrol.apiserver.k8s.io/v1=false' }),
  'no-requests-in-flight': api({ 'max-requests-inflight': '0', 'max-mutating-requests-inflight': '0' }),
  'api-server-port-and-probes': api({ 'secure-port': '7443' }),
  'api-server-address-and-probes': api({ 'bind-address': '127.0.0.1' }),
  'goaway-and-one-server': api({ 'goaway-chance': '0.001' }),
  'shutdown-delay-and-grace': api({ 'shutdown-delay-duration': '1m0s' }),
  'kubelet-client-and-trust': kubelet({ 'authentication.x509.clientCAFile': null }),
  'lease-and-renewal-controller-manager': manager({ 'leader-elect-lease-duration': '10s' }),
  'lease-and-renewal-scheduler': scheduler({ 'leader-elect-renew-deadline': '15s' }),
  'renewal-and-retry-controller-manager': manager({ 'leader-elect-retry-period': '9s' }),
  'renewal-and-retry-scheduler': scheduler({ 'leader-elect-renew-deadline': '2s' }),
  'address-and-probes-controller-manager': manager({ 'bind-address': '10.77.0.11' }),
  'address-and-probes-scheduler': scheduler({ 'bind-address': '10.77.0.11' }),
  'one-port-for-two': scheduler({ 'secure-port': '10257' }),
  'signer-for-all-and-for-one': manager({ 'cluster-signing-cert-file': '/etc/kubernetes/pki/ca.crt' }),
  'signer-without-its-half': manager({ 'cluster-signing-legacy-unknown-cert-file': '/etc/kubernetes/pki/ca.crt' }),
  'rotation-and-signing-controller': manager({ controllers: '*,-certificatesigningrequest-approving-controller' }),
  'accounts-without-root-ca': manager({ 'root-ca-file': null }),
  'etcd-heartbeat-and-election': etcd({ 'heartbeat-interval': '250' }),
  'etcd-discovery-and-members': etcd({ 'discovery-srv': 'example.org' }),
  'etcd-client-auth-without-trust': etcd({ 'trusted-ca-file': null }),
  'etcd-auto-tls-and-certificate': etcd({ 'peer-auto-tls': 'true' }),
  'etcd-metrics-and-probes': etcd({ 'listen-metrics-urls': 'http://127.0.0.1:2382' }),
  'etcd-user-and-keys': etcd({ 'peer-key-file': '/etc/kubernetes/pki/etcd/healthcheck-client.key' }),
  'etcd-user-and-folders': etcd({ 'wal-dir': '/var/lib/etcd-wal' }),
  'log-query-without-handler': kubelet({ enableSystemLogQuery: true }),
  'image-gc-thresholds': kubelet({ imageGCHighThresholdPercent: 80 }),
  'parallel-and-serial-pulls': kubelet({ maxParallelImagePulls: 4 }),
  'shutdown-periods': kubelet({ shutdownGracePeriod: '10s', shutdownGracePeriodCriticalPods: '20s' }),
  'image-list-without-policy': kubelet({ preloadedImagesVerificationAllowlist: ['redoubt.dev/*'] }),
  'system-cgroups-without-root': kubelet({ systemCgroups: '/system' }),
  'reserved-cpus-and-cgroups': kubelet({ reservedSystemCPUs: '0', kubeReservedCgroup: '/kube' }),
  'kubelet-ports-collide': kubelet({ readOnlyPort: 10248 }),
  'node-not-registered': kubelet({ registerNode: false }),
  'static-pods-nowhere': kubelet({ staticPodPath: null }),
  'rotation-without-issuer': manager({ 'cluster-signing-kubelet-client-cert-file': null }),
  'serving-by-csr-and-verification': kubelet({ serverTLSBootstrap: true }),
  'self-signed-and-verification': kubelet({ tlsCertFile: null }),
  'debug-handlers-off': kubelet({ enableDebuggingHandlers: false }),
  'kernel-defaults-and-sysctls': { ...kubelet({ protectKernelDefaults: true }), host: { writableSysctls: {} } },
  'swap-and-host': { ...kubelet({ failSwapOn: true }), host: { swap: true } },
  'cgroup-v1-and-host': { ...kubelet({ failCgroupV1: true }), host: { cgroup: 'v1' } },
  'limited-swap-and-cgroup-v1': {
    ...kubelet({ 'memorySwap.swapBehavior': 'LimitedSwap', failCgroupV1: false }),
    host: { cgroup: 'v1' },
  },
  'dns-outside-the-services': kubelet({ clusterDNS: ['10.77.0.1'] }),
  'role-labels-by-kubelet': { kubeletArgs: { 'node-labels': 'a=b,node-role.kubernetes.io/worker=' } },
  'all-alpha-apiserver': api({ 'feature-gates': 'AllAlpha=true' }),
  'all-alpha-controller-manager': manager({ 'feature-gates': 'X=false,AllAlpha=1' }),
  'all-alpha-scheduler': scheduler({ 'feature-gates': 'AllAlpha=True' }),
  'all-alpha-etcd': etcd({ 'feature-gates': 'AllAlpha=true' }),
  'all-alpha-kubelet': kubelet({ 'featureGates.AllAlpha': true }),
  'open-paths-controller-manager': manager({ 'authorization-always-allow-paths': '/*' }),
  'open-paths-scheduler': scheduler({ 'authorization-always-allow-paths': '/healthz,/metrics' }),
  'other-origins': api({ 'cors-allowed-origins': '.*' }),
  'fairness-off': api({ 'enable-priority-and-fairness': 'F' }),
  'etcd-forgets-its-members': etcd({ 'force-new-cluster': '' }),
  'etcd-other-origins': etcd({ cors: '*' }),
  'etcd-profiles': etcd({ 'enable-pprof': 'true' }),
  'etcd-flags-and-file': etcd({ 'config-file': '/var/lib/etcd/etcd.yaml' }),
  'scheduler-flags-and-file': scheduler({ config: '/etc/kubernetes/scheduler.yaml' }),
  'static-pods-from-afar': kubelet({ staticPodURL: 'http://10.77.0.99/pods' }),
  'unsafe-sysctls-in-families': kubelet({ allowedUnsafeSysctls: ['net.core.somaxconn', 'kernel.*'] }),
}

/** Rule -> a change as near as can be that does not break it. */
export const harmless: Record<string, Change> = {
  'anonymous-flag-and-file': { ...api({ 'anonymous-auth': 'true' }), ...authentication(undefined) },
  'anonymous-flag-off-and-probes': api({ 'anonymous-auth': 'true' }),
  'anonymous-file-off-and-probes': authentication({ enabled: true }),
  'anonymous-paths-and-probes': authentication({
    enabled: true,
    conditions: [{ path: '/livez' }, { path: '/readyz' }],
  }),
  'token-discovery-and-anonymous': {
    ...api({ 'enable-bootstrap-token-auth': 'true' }),
    ...authentication({ enabled: true }),
  },
  'oidc-flags-and-file': api({ 'oidc-issuer-url': 'https://id', 'authentication-config': null }),
  'oidc-issuer-and-client': api({
    'oidc-issuer-url': 'https://id',
    'oidc-client-id': 'k',
    'authentication-config': null,
  }),
  'oidc-issuer-of-tokens': provider('https://id.example.internal'),
  'request-header-overlap': trust(null, 'b'),
  'token-signer-twice': api({
    'service-account-signing-endpoint': '/run/signer.sock',
    'service-account-signing-key-file': null,
    'service-account-key-file': null,
  }),
  'token-lifetime-too-short': api({ 'service-account-max-token-expiration': '1h0m0s' }),
  'authorization-file-and-mode': api({
    'authorization-config': `${folder}/authentication.yaml`,
    'authorization-mode': null,
  }),
  'authorization-file-and-webhook': api({ 'authorization-config': `${folder}/authentication.yaml` }),
  'webhook-mode-and-file': api({
    'authorization-mode': 'Node,Webhook,RBAC',
    'authorization-webhook-config-file': `${folder}/authentication.yaml`,
  }),
  'abac-mode-and-file': api({
    'authorization-mode': 'Node,ABAC,RBAC',
    'authorization-policy-file': `${folder}/authentication.yaml`,
  }),
  'authorization-mode-twice': api({ 'authorization-mode': 'RBAC,Node' }),
  'always-allow-and-anonymous': {
    ...api({ 'authorization-mode': 'AlwaysAllow' }),
    ...authentication({ enabled: false }),
  },
  'kubelets-without-node-authorizer': api({ 'authorization-mode': 'RBAC,Node' }),
  'components-without-rbac': api({ 'authorization-mode': 'Node,RBAC,AlwaysAllow' }),
  'plugin-on-and-off': api({ 'enable-admission-plugins': plugins, 'disable-admission-plugins': 'Priority' }),
  'event-rate-limit-without-limits': {
    ...api({ 'enable-admission-plugins': 'EventRateLimit' }),
    files: { [`${folder}/event-rate-limit.yaml`]: { limits: [{ type: 'Server', qps: 1, burst: 1 }] } },
  },
  'always-pull-images-and-no-registry': api({ 'disable-admission-plugins': 'AlwaysPullImages' }),
  'image-policy-webhook-without-file': {
    ...api({ 'enable-admission-plugins': 'ImagePolicyWebhook' }),
    files: {
      [`${folder}/admission.yaml`]: { plugins: [{ name: 'ImagePolicyWebhook', configuration: { imagePolicy: {} } }] },
    },
  },
  'deny-external-ips-and-services': service({ externalIPs: [] }),
  'pod-security-without-kube-system': podSecurity(['network', 'kube-system']),
  'service-account-plugin-off': api({ 'enable-admission-plugins': 'ServiceAccount' }),
  'policy-plugin-off': api({ 'disable-admission-plugins': 'ValidatingAdmissionWebhook' }),
  'privileged-pods-off': api({ 'allow-privileged': 'true' }),
  'http2-suites-apiserver': api({ 'tls-cipher-suites': cbc, 'tls-min-version': 'VersionTLS13' }),
  'http2-suites-controller-manager': manager({ 'tls-cipher-suites': `${cbc},${gcm}` }),
  'http2-suites-scheduler': scheduler({ 'tls-cipher-suites': null }),
  'http2-suites-kubelet': kubelet({ tlsCipherSuites: [cbc, gcm] }),
  'etcd-tls13-and-suites': etcd({ 'tls-min-version': 'TLS1.3', 'cipher-suites': null }),
  'etcd-tls-range': etcd({ 'tls-max-version': 'TLS1.3' }),
  'audit-log-without-policy': api({ 'audit-log-path': null, 'audit-policy-file': null }),
  'audit-policy-without-log': api({
    'audit-log-path': null,
    'audit-webhook-config-file': `${folder}/authentication.yaml`,
  }),
  'audit-log-outside-its-mount': api({ 'audit-log-path': '/var/log/kubernetes/audit/other.log' }),
  'audit-log-strict-and-disk': api({ 'audit-log-mode': 'batch' }),
  'audit-webhook-strict': api({
    'audit-webhook-mode': 'batch',
    'audit-webhook-config-file': `${folder}/authentication.yaml`,
  }),
  'audit-webhook-without-policy': api({ 'audit-webhook-config-file': `${folder}/authentication.yaml` }),
  'audit-log-never-rotates': api({ 'audit-log-maxsize': '100' }),
  'encryption-reload-without-file': api({
    'encryption-provider-config': null,
    'encryption-provider-config-automatic-reload': null,
  }),
  'encryption-file-of-another': api({ 'encryption-provider-config': `${folder}/encryption.yaml` }),
  'encryption-identity-first': encryption({ secretbox: {} }),
  'file-that-nobody-places': api({ 'egress-selector-config-file': `${folder}/authentication.yaml` }),
  'fairness-without-its-api': api({ 'runtime-config': 'flowcontrol.apiserver.k8s.io/v1=true,api/all=false' }),
  'no-requests-in-flight': api({ 'max-requests-inflight': '0', 'max-mutating-requests-inflight': '200' }),
  'api-server-port-and-probes': api({ 'secure-port': '6443' }),
  'api-server-address-and-probes': api({ 'bind-address': '0.0.0.0' }),
  'goaway-and-one-server': { ...api({ 'goaway-chance': '0.001' }), endpoint: 'api.example.org', controlPlanes: 3 },
  'shutdown-delay-and-grace': api({ 'shutdown-delay-duration': '10s' }),
  'kubelet-client-and-trust': kubelet({
    'authentication.x509.clientCAFile': null,
    'authentication.anonymous.enabled': true,
  }),
  'lease-and-renewal-controller-manager': manager({ 'leader-elect-lease-duration': '11s' }),
  'lease-and-renewal-scheduler': scheduler({ 'leader-elect-renew-deadline': '15s', 'leader-elect': 'false' }),
  'renewal-and-retry-controller-manager': manager({ 'leader-elect-retry-period': '8s' }),
  'renewal-and-retry-scheduler': scheduler({ 'leader-elect-renew-deadline': '3s' }),
  'address-and-probes-controller-manager': manager({ 'bind-address': '0.0.0.0' }),
  'address-and-probes-scheduler': scheduler({ 'bind-address': null }),
  'one-port-for-two': scheduler({ 'secure-port': '10258' }),
  'signer-for-all-and-for-one': manager({
    'cluster-signing-cert-file': '/etc/kubernetes/pki/ca.crt',
    'cluster-signing-kubelet-client-cert-file': null,
    'cluster-signing-kubelet-client-key-file': null,
  }),
  'signer-without-its-half': manager({
    'cluster-signing-legacy-unknown-cert-file': '/etc/kubernetes/pki/ca.crt',
    'cluster-signing-legacy-unknown-key-file': '/etc/kubernetes/pki/ca.key',
  }),
  'rotation-and-signing-controller': manager({ controllers: '*,-ttl' }),
  'accounts-without-root-ca': manager({ 'root-ca-file': '/etc/kubernetes/pki/ca.crt' }),
  'etcd-heartbeat-and-election': etcd({ 'heartbeat-interval': '200' }),
  'etcd-discovery-and-members': etcd({ 'discovery-srv': 'example.org', 'initial-cluster': null }),
  'etcd-client-auth-without-trust': etcd({ 'client-cert-auth': 'false', 'trusted-ca-file': null }),
  'etcd-auto-tls-and-certificate': etcd({ 'peer-auto-tls': 'false' }),
  'etcd-metrics-and-probes': etcd({ 'listen-metrics-urls': 'http://10.77.0.11:2381,http://127.0.0.1:2381' }),
  'etcd-user-and-keys': etcdPod(0, 'root:root'),
  'etcd-user-and-folders': etcd({ 'wal-dir': '/var/lib/etcd/wal' }),
  'log-query-without-handler': kubelet({ enableSystemLogQuery: true, enableSystemLogHandler: true }),
  'image-gc-thresholds': kubelet({ imageGCHighThresholdPercent: 81 }),
  'parallel-and-serial-pulls': kubelet({ maxParallelImagePulls: 4, serializeImagePulls: false }),
  'shutdown-periods': kubelet({ shutdownGracePeriod: '30s', shutdownGracePeriodCriticalPods: '20s' }),
  'image-list-without-policy': kubelet({
    preloadedImagesVerificationAllowlist: ['redoubt.dev/*'],
    imagePullCredentialsVerificationPolicy: 'NeverVerifyAllowlistedImages',
  }),
  'system-cgroups-without-root': kubelet({ systemCgroups: '/system', cgroupRoot: '/' }),
  'reserved-cpus-and-cgroups': kubelet({ reservedSystemCPUs: '0' }),
  'kubelet-ports-collide': kubelet({ readOnlyPort: 10255 }),
  'node-not-registered': kubelet({ registerNode: true }),
  'static-pods-nowhere': kubelet({ staticPodPath: '/etc/kubernetes/manifests' }),
  'rotation-without-issuer': {
    ...manager({ 'cluster-signing-kubelet-client-cert-file': null }),
    ...kubelet({ rotateCertificates: false }),
  },
  'serving-by-csr-and-verification': {
    ...api({ 'kubelet-certificate-authority': null }),
    ...kubelet({ serverTLSBootstrap: true }),
  },
  'self-signed-and-verification': {
    ...api({ 'kubelet-certificate-authority': null }),
    ...kubelet({ tlsCertFile: null }),
  },
  'debug-handlers-off': kubelet({ enableDebuggingHandlers: true }),
  'kernel-defaults-and-sysctls': { ...kubelet({ protectKernelDefaults: false }), host: { writableSysctls: {} } },
  'swap-and-host': { ...kubelet({ failSwapOn: false }), host: { swap: true } },
  'cgroup-v1-and-host': { ...kubelet({ failCgroupV1: false }), host: { cgroup: 'v1' } },
  'limited-swap-and-cgroup-v1': kubelet({ 'memorySwap.swapBehavior': 'LimitedSwap' }),
  'dns-outside-the-services': kubelet({ clusterDNS: ['10.96.0.53'] }),
  'role-labels-by-kubelet': { kubeletArgs: { 'node-labels': 'example.org/node-role.kubernetes.io=x' } },
  'all-alpha-apiserver': api({ 'feature-gates': 'AllAlpha=false,AllBeta=true' }),
  'all-alpha-controller-manager': manager({ 'feature-gates': 'AllAlpha=false' }),
  'all-alpha-scheduler': scheduler({ 'feature-gates': '' }),
  'all-alpha-etcd': etcd({ 'feature-gates': 'StopGRPCServiceOnDefrag=true' }),
  'all-alpha-kubelet': kubelet({ 'featureGates.AllAlpha': false }),
  'open-paths-controller-manager': manager({ 'authorization-always-allow-paths': '/healthz,/livez' }),
  'open-paths-scheduler': scheduler({ 'authorization-always-allow-paths': '' }),
  'other-origins': api({ 'cors-allowed-origins': '' }),
  'fairness-off': api({ 'enable-priority-and-fairness': 'true' }),
  'etcd-forgets-its-members': etcd({ 'force-new-cluster': 'false' }),
  'etcd-other-origins': etcd({ cors: 'https://etcd.example.org' }),
  'etcd-profiles': etcd({ 'enable-pprof': '0' }),
  'etcd-flags-and-file': etcd({ 'snapshot-count': '5000' }),
  'scheduler-flags-and-file': scheduler({ v: '2' }),
  'static-pods-from-afar': kubelet({ staticPodURL: '' }),
  'unsafe-sysctls-in-families': kubelet({ allowedUnsafeSysctls: ['net.core.somaxconn'] }),
}
