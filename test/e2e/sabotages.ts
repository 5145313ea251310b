/** Control -> the probes that fail when it is rendered with `--off`. Its other probes keep passing. */
export const sabotages: Record<string, readonly string[]> = {
  'apiserver-tls': ['apiserver-tls-floor', 'apiserver-tls-ciphers', 'loopback-tls'],
  'kubelet-tls': ['kubelet-tls-floor', 'kubelet-tls-ciphers'],
  'etcd-tls': ['etcd-tls-ciphers'],
  'anonymous-limited': ['anonymous'],
  'token-authentication': ['static-token', 'token-audience', 'token-lifetime'],
  'kubelet-authentication': ['kubelet-anonymous', 'kubelet-authorization'],
  'etcd-client-auth': ['etcd-no-certificate', 'etcd-cluster-certificate'],
  'authorization-rbac': ['rbac-pair', 'rbac-default-accounts', 'rbac-namespace'],
  'node-restriction': ['node-restriction'],
  'pod-security': ['pod-security'],
  'encryption-at-rest': ['secret-canary', 'secrets-encrypted'],
  'audit-log': ['audit-canary', 'audit-no-secrets'], // files of before stay, closed
  'image-provenance': ['image-policy', 'image-digests'],
  'profiling-off': ['apiserver-profiling', 'kubelet-profiling'],
  'kubelet-readonly-port': ['kubelet-readonly-port', 'kubelet-readonly-setting'],
}
