import { type Conflict, type Facts, given, list, seconds } from './rule.ts'

const validation = 'K pkg/kubelet/apis/config/validation/validation.go, ValidateKubeletConfiguration'
const exits = 'the kubelet refuses its configuration and exits'

const number = (facts: Facts, field: string, standard: number) => Number(facts.kubelet[field] ?? standard)
const span = (facts: Facts, field: string) => seconds(String(facts.kubelet[field] ?? '0s'))

/** Fields of the kubelet's configuration that exclude each other. */
export const kubelet: readonly Conflict[] = [
  {
    id: 'log-query-without-handler',
    title: 'Node logs are to be queried and their handler is off',
    settings: [{ kubelet: 'enableSystemLogQuery' }, { kubelet: 'enableSystemLogHandler' }],
    why: exits,
    source: validation,
    remedy: 'Leave the query off: control kubelet-handlers closes the handler.',
    stops: true,
    applies: ({ kubelet: set }) => set.enableSystemLogQuery === true && set.enableSystemLogHandler === false,
  },
  {
    id: 'image-gc-thresholds',
    title: 'Image garbage collection ends above where it begins',
    settings: [{ kubelet: 'imageGCLowThresholdPercent' }, { kubelet: 'imageGCHighThresholdPercent' }],
    why: exits,
    source: validation,
    remedy: 'Keep the low threshold under the high one (80 and 85).',
    stops: true,
    applies: (facts) =>
      number(facts, 'imageGCLowThresholdPercent', 80) >= number(facts, 'imageGCHighThresholdPercent', 85),
  },
  {
    id: 'parallel-and-serial-pulls',
    title: 'Images are pulled in parallel and one by one',
    settings: [{ kubelet: 'maxParallelImagePulls' }, { kubelet: 'serializeImagePulls' }],
    why: exits,
    source: validation,
    remedy: 'Set serializeImagePulls: false, or leave both.',
    stops: true,
    applies: (facts) => number(facts, 'maxParallelImagePulls', 1) > 1 && facts.kubelet.serializeImagePulls !== false,
  },
  {
    id: 'shutdown-periods',
    title: 'Critical pods get more time to end than all pods together',
    settings: [{ kubelet: 'shutdownGracePeriodCriticalPods' }, { kubelet: 'shutdownGracePeriod' }],
    why: exits,
    source: validation,
    remedy: 'Keep the part of the critical pods within the whole.',
    stops: true,
    applies: (facts) => span(facts, 'shutdownGracePeriodCriticalPods') > span(facts, 'shutdownGracePeriod'),
  },
  {
    id: 'image-list-without-policy',
    title: 'Images are listed that need no credentials, under a policy without a list',
    settings: [
      { kubelet: 'preloadedImagesVerificationAllowlist' },
      { kubelet: 'imagePullCredentialsVerificationPolicy' },
    ],
    why: exits,
    source: validation,
    remedy: 'Leave the list out: every image comes with the bundle.',
    stops: true,
    applies: ({ kubelet: set }) =>
      list(set.preloadedImagesVerificationAllowlist).length > 0 &&
      set.imagePullCredentialsVerificationPolicy !== 'NeverVerifyAllowlistedImages',
  },
  {
    id: 'system-cgroups-without-root',
    title: 'System processes get a control group and there is no root for it',
    settings: [{ kubelet: 'systemCgroups' }, { kubelet: 'cgroupRoot' }],
    why: exits,
    source: validation,
    remedy: 'Set both, or neither.',
    stops: true,
    applies: ({ kubelet: set }) => Boolean(set.systemCgroups) && !set.cgroupRoot,
  },
  {
    id: 'reserved-cpus-and-cgroups',
    title: 'CPUs are reserved by number and by control group',
    settings: [{ kubelet: 'reservedSystemCPUs' }, { kubelet: '(system|kube)ReservedCgroup' }],
    why: exits,
    source: validation,
    remedy: 'Reserve in one way.',
    stops: true,
    applies: ({ kubelet: set }) =>
      Boolean(set.reservedSystemCPUs) && Boolean(set.systemReservedCgroup || set.kubeReservedCgroup),
  },
  {
    id: 'kubelet-ports-collide',
    title: 'The kubelet wants one port twice',
    settings: [{ kubelet: 'port' }, { kubelet: 'healthzPort' }],
    why: 'one of its servers cannot listen: the kubelet exits, or nobody learns of its health',
    source: 'K pkg/kubelet/server/server.go, cmd/kubelet/app/server.go',
    remedy: 'Leave 10250 and 10248, and no read-only port.',
    stops: true,
    applies: (facts) => {
      const used = [
        number(facts, 'port', 10250),
        number(facts, 'healthzPort', 10248),
        number(facts, 'readOnlyPort', 0),
      ].filter((port) => port !== 0)
      return new Set(used).size < used.length
    },
  },
  {
    id: 'node-not-registered',
    title: 'Kubelets do not register and nobody else makes their Node',
    settings: [{ kubelet: 'registerNode' }, { object: 'the group nodes, which waits for them' }],
    why: 'no Node appears: nothing is scheduled and apply waits in vain',
    source: 'K pkg/kubelet/kubelet_node_status.go',
    remedy: 'Leave registerNode out.',
    stops: true,
    applies: ({ kubelet: set }) => set.registerNode === false,
  },
  {
    id: 'static-pods-nowhere',
    title: 'A control plane whose kubelet reads no static pods',
    settings: [{ kubelet: 'staticPodPath' }, { spec: ['nodes'] }],
    why: 'the control plane is made of static pods: nothing would start',
    source: 'K pkg/kubelet/kubelet.go, makePodSourceConfig',
    remedy: 'Leave staticPodPath to render: set on control planes, unset on workers (STIG V-242397).',
    stops: true,
    applies: ({ node, kubelet: set }) => node.role === 'control-plane' && !set.staticPodPath,
  },
  {
    id: 'rotation-without-issuer',
    title: 'Kubelets renew their certificates and nobody holds an issuer',
    settings: [
      { kubelet: 'rotateCertificates' },
      { component: 'kube-controller-manager', flag: 'cluster-signing-kubelet-client-cert-file' },
    ],
    why: 'no request is ever signed: each kubelet exits when its client certificate ends',
    source: 'K pkg/kubelet/certificate/transport.go, updateTransport',
    remedy: 'Keep the issuer, or set rotateCertificates: false and renew with `redoubt pki init`.',
    stops: false,
    applies: (facts) =>
      facts.kubelet.rotateCertificates === true &&
      !given(facts, 'kube-controller-manager', 'cluster-signing-kubelet-client-cert-file') &&
      !given(facts, 'kube-controller-manager', 'cluster-signing-cert-file'),
  },
  {
    id: 'serving-by-csr-and-verification',
    title: 'Kubelets ask for serving certificates that nobody approves',
    settings: [
      { kubelet: 'serverTLSBootstrap' },
      { component: 'kube-apiserver', flag: 'kubelet-certificate-authority' },
    ],
    why: 'no controller approves serving requests: logs, exec and metrics break',
    source: 'K pkg/controller/certificates/approver/sarapprove.go: client certificates only',
    remedy: 'Leave it out: the PKI gives every kubelet its serving certificate.',
    stops: false,
    applies: (facts) =>
      facts.kubelet.serverTLSBootstrap === true && given(facts, 'kube-apiserver', 'kubelet-certificate-authority'),
  },
  {
    id: 'self-signed-and-verification',
    title: 'The API server checks kubelets that sign their own certificates',
    settings: [{ kubelet: 'tlsCertFile' }, { component: 'kube-apiserver', flag: 'kubelet-certificate-authority' }],
    why: 'a kubelet without a certificate makes one itself, which the API server refuses: logs, exec and metrics break',
    source: 'K cmd/kubelet/app/server.go, InitializeTLS',
    remedy: 'Keep tlsCertFile and tlsPrivateKeyFile.',
    stops: false,
    applies: (facts) =>
      (!facts.kubelet.tlsCertFile || !facts.kubelet.tlsPrivateKeyFile) &&
      facts.kubelet.serverTLSBootstrap !== true &&
      given(facts, 'kube-apiserver', 'kubelet-certificate-authority'),
  },
  {
    id: 'debug-handlers-off',
    title: 'The kubelet answers neither logs nor exec nor /configz',
    settings: [
      { kubelet: 'enableDebuggingHandlers' },
      { component: 'kube-apiserver', flag: 'kubelet-client-certificate' },
    ],
    why: 'kubectl logs and exec end with 404, and verify cannot read the kubelet’s settings',
    source: 'K pkg/kubelet/server/server.go, InstallAuthNotRequiredHandlers',
    remedy: 'Leave it on: control kubelet-handlers closes what is not needed.',
    stops: false,
    applies: ({ kubelet: set }) => set.enableDebuggingHandlers === false,
  },
]
