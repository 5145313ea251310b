// What each program is started with, and what it says. `pair` breaks the rule, `alone` is the same without one of the two settings.
import type { Program } from './binaries.ts'

export interface Case {
  rule: string
  program: Exclude<Program, 'kubeadm'>
  pair: readonly string[]
  alone: readonly string[]
  says: RegExp
}

/** An API server that starts: what is judged after its flags is reached too. */
export const apiServerBase = [
  '--service-account-issuer=https://kubernetes.default.svc',
  '--service-account-key-file=sa.key',
  '--service-account-signing-key-file=sa.key',
  '--service-cluster-ip-range=10.96.0.0/16',
  '--bind-address=127.0.0.1',
  '--advertise-address=127.0.0.1',
  '--cert-dir=certs',
]

const of =
  (program: Case['program']) =>
  (rule: string, pair: string[], alone: string[], says: RegExp): Case => ({ rule, program, pair, alone, says })
const api = of('kube-apiserver')
const manager = of('kube-controller-manager')
const scheduler = of('kube-scheduler')
const etcd = of('etcd')
/** Fields of the configuration are one argument, to what main.ts writes. */
const kubelet = (rule: string, pair: object, alone: object, says: RegExp): Case =>
  of('kubelet')(rule, [JSON.stringify(pair)], [JSON.stringify(alone)], says)

const suites = '--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'
const http2 = `${suites},TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`

export const cases: readonly Case[] = [
  api(
    'anonymous-flag-and-file',
    ['--anonymous-auth=true', '--authentication-config=authentication.yaml'],
    ['--authentication-config=authentication.yaml'],
    /--anonymous-auth flag cannot be set when anonymous field is configured/,
  ),
  api(
    'oidc-flags-and-file',
    ['--oidc-issuer-url=https://id', '--oidc-client-id=k', '--authentication-config=authentication.yaml'],
    ['--authentication-config=authentication.yaml'],
    /authentication-config file and oidc-\* flags are mutually exclusive/,
  ),
  api(
    'oidc-issuer-and-client',
    ['--oidc-issuer-url=https://id'],
    ['--oidc-issuer-url=https://id', '--oidc-client-id=k'],
    /oidc-issuer-url and oidc-client-id must be specified together/,
  ),
  api(
    'request-header-overlap',
    ['--client-ca-file=a.crt', '--requestheader-client-ca-file=a.crt'],
    ['--client-ca-file=a.crt', '--requestheader-client-ca-file=b.crt'],
    /contain overlapping certificates; --requestheader-allowed-names must be specified/,
  ),
  api(
    'token-signer-twice',
    ['--service-account-signing-endpoint=/run/none.sock'],
    [],
    /service-account-signing-key-file and service-account-signing-endpoint are mutually exclusive/,
  ),
  api(
    'token-lifetime-too-short',
    ['--service-account-max-token-expiration=30m'],
    ['--service-account-max-token-expiration=1h'],
    /service-account-max-token-expiration must be between 1 hour/,
  ),
  api(
    'authorization-file-and-mode',
    ['--authorization-config=authorization.yaml', '--authorization-mode=Node,RBAC'],
    ['--authorization-mode=Node,RBAC'],
    /--authorization-config can not be specified when --authorization-mode/,
  ),
  api(
    'authorization-file-and-webhook',
    ['--authorization-config=authorization.yaml', '--authorization-webhook-cache-authorized-ttl=1m'],
    ['--authorization-config=authorization.yaml'],
    /--authorization-config can not be specified when --authorization-mode or --authorization-webhook-\*/,
  ),
  api(
    'webhook-mode-and-file',
    ['--authorization-mode=Node,Webhook'],
    ['--authorization-mode=Node,RBAC'],
    /authorization-mode Webhook's authorization config file not passed/,
  ),
  api(
    'abac-mode-and-file',
    ['--authorization-policy-file=a.crt', '--authorization-mode=RBAC'],
    ['--authorization-mode=RBAC'],
    /cannot specify --authorization-policy-file without mode ABAC/,
  ),
  api(
    'authorization-mode-twice',
    ['--authorization-mode=Node,RBAC,Node'],
    ['--authorization-mode=Node,RBAC'],
    /has mode specified more than once/,
  ),
  api(
    'plugin-on-and-off',
    ['--enable-admission-plugins=NodeRestriction', '--disable-admission-plugins=NodeRestriction'],
    ['--enable-admission-plugins=NodeRestriction'],
    /in enable-admission-plugins and disable-admission-plugins overlapped/,
  ),
  api(
    'event-rate-limit-without-limits',
    ['--enable-admission-plugins=EventRateLimit'],
    ['--enable-admission-plugins=EventRateLimit', '--admission-control-config-file=admission.yaml'],
    /must not be empty/,
  ),
  api(
    'image-policy-webhook-without-file',
    ['--enable-admission-plugins=ImagePolicyWebhook'],
    ['--enable-admission-plugins=NodeRestriction'],
    /ImagePolicyWebhook/,
  ),
  api(
    'encryption-reload-without-file',
    ['--encryption-provider-config-automatic-reload=true'],
    [],
    /--encryption-provider-config-automatic-reload must be set with --encryption-provider-config/,
  ),
  api(
    'file-that-nobody-places',
    ['--egress-selector-config-file=none.yaml'],
    [],
    /failed to read egress selector config: .*no such file/,
  ),
  api(
    'fairness-without-its-api',
    ['--runtime-config=flowcontrol.apiserver.k8s.io/v1=false'],
    ['--runtime-config=flowcontrol.apiserver.k8s.io/v1=false', '--enable-priority-and-fairness=false'],
    /conflicts with --enable-priority-and-fairness=true/,
  ),
  api(
    'no-requests-in-flight',
    ['--max-requests-inflight=0', '--max-mutating-requests-inflight=0'],
    ['--max-requests-inflight=0'],
    /they must add up to something positive/,
  ),
  api('http2-suites-apiserver', [suites], [http2], /HTTP\/2-required AES_128_GCM_SHA256 cipher/),
  manager(
    'lease-and-renewal-controller-manager',
    ['--leader-elect-lease-duration=10s'],
    ['--leader-elect-lease-duration=11s'],
    /leaseDuration.*must be greater than/,
  ),
  manager(
    'signer-for-all-and-for-one',
    [
      '--cluster-signing-cert-file=a.crt',
      '--cluster-signing-key-file=sa.key',
      '--cluster-signing-kubelet-client-cert-file=a.crt',
      '--cluster-signing-kubelet-client-key-file=sa.key',
    ],
    ['--cluster-signing-cert-file=a.crt', '--cluster-signing-key-file=sa.key'],
    /cannot specify --cluster-signing-\{cert,key\}-file and other --cluster-signing-\*-file flags/,
  ),
  manager(
    'signer-without-its-half',
    ['--cluster-signing-kubelet-client-cert-file=a.crt'],
    ['--cluster-signing-kubelet-client-cert-file=a.crt', '--cluster-signing-kubelet-client-key-file=sa.key'],
    /cannot specify cert without key/,
  ),
  manager('http2-suites-controller-manager', [suites], [http2], /HTTP\/2-required AES_128_GCM_SHA256 cipher/),
  scheduler('http2-suites-scheduler', [suites], [http2], /HTTP\/2-required AES_128_GCM_SHA256 cipher/),
  etcd(
    'etcd-heartbeat-and-election',
    ['--heartbeat-interval=250', '--election-timeout=1000'],
    ['--heartbeat-interval=200', '--election-timeout=1000'],
    /should be at least as 5 times as --heartbeat-interval/,
  ),
  etcd(
    'etcd-discovery-and-members',
    ['--discovery-srv=example.org', '--initial-cluster=default=http://127.0.0.1:2380'],
    ['--initial-cluster=default=http://127.0.0.1:2380'],
    /multiple discovery or bootstrap flags are set/,
  ),
  etcd(
    'etcd-tls13-and-suites',
    ['--tls-min-version=TLS1.3', '--cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
    ['--tls-min-version=TLS1.2', '--cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
    /cipher suites cannot be configured when only TLS1.3 is enabled/,
  ),
  etcd(
    'etcd-tls-range',
    ['--tls-min-version=TLS1.3', '--tls-max-version=TLS1.2'],
    ['--tls-min-version=TLS1.2', '--tls-max-version=TLS1.3'],
    /min version .* is greater than max version/,
  ),
  kubelet(
    'log-query-without-handler',
    { enableSystemLogQuery: true, enableSystemLogHandler: false },
    { enableSystemLogQuery: true, enableSystemLogHandler: true },
    /enableSystemLogHandler is required for enableSystemLogQuery/,
  ),
  kubelet(
    'image-gc-thresholds',
    { imageGCLowThresholdPercent: 85, imageGCHighThresholdPercent: 85 },
    { imageGCLowThresholdPercent: 84, imageGCHighThresholdPercent: 85 },
    /imageGCLowThresholdPercent .* must be less than imageGCHighThresholdPercent/,
  ),
  kubelet(
    'parallel-and-serial-pulls',
    { maxParallelImagePulls: 4, serializeImagePulls: true },
    { maxParallelImagePulls: 4, serializeImagePulls: false },
    /maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls/,
  ),
  kubelet(
    'shutdown-periods',
    { shutdownGracePeriod: '10s', shutdownGracePeriodCriticalPods: '20s' },
    { shutdownGracePeriod: '20s', shutdownGracePeriodCriticalPods: '10s' },
    /shutdownGracePeriodCriticalPods .* must be <= shutdownGracePeriod/,
  ),
  kubelet(
    'image-list-without-policy',
    {
      preloadedImagesVerificationAllowlist: ['example.org/x'],
      imagePullCredentialsVerificationPolicy: 'NeverVerifyPreloadedImages',
    },
    {
      preloadedImagesVerificationAllowlist: ['example.org/x'],
      imagePullCredentialsVerificationPolicy: 'NeverVerifyAllowlistedImages',
    },
    /can't set `preloadedImagesVerificationAllowlist`/,
  ),
  kubelet(
    'system-cgroups-without-root',
    { systemCgroups: '/system' },
    { systemCgroups: '/system', cgroupRoot: '/' },
    /systemCgroups .* was specified and cgroupRoot .* was not specified/,
  ),
  kubelet(
    'reserved-cpus-and-cgroups',
    { reservedSystemCPUs: '0', kubeReservedCgroup: '/kube' },
    { reservedSystemCPUs: '0' },
    /can't use reservedSystemCPUs .* with systemReservedCgroup/,
  ),
  of('kubelet')(
    'role-labels-by-kubelet',
    ['{}', '--node-labels=node-role.kubernetes.io/worker='],
    ['{}', '--node-labels=example.org/role=worker'],
    /unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels/,
  ),
]
