import { type Conflict, type Facts, given, items, matches, seconds } from './rule.ts'

const manager = 'kube-controller-manager'
type Elected = 'kube-controller-manager' | 'kube-scheduler'

const lease = (facts: Facts, component: Elected, flag: string, standard: string) =>
  seconds(facts.args[component][`leader-elect-${flag}`] ?? standard)
const elects = (facts: Facts, component: Elected) => facts.args[component]['leader-elect'] !== 'false'

function leaseRules(component: Elected): Conflict[] {
  const short = component.replace('kube-', '')
  return [
    {
      id: `lease-and-renewal-${short}`,
      title: `The lease of the ${short} ends before it is renewed`,
      settings: [
        { component, flag: 'leader-elect-lease-duration' },
        { component, flag: 'leader-elect-renew-deadline' },
      ],
      why: 'the process does not start: the lease must be longer than the deadline of its renewal',
      source: 'component-base/config/validation/validation.go, ValidateLeaderElectionConfiguration',
      remedy: 'Leave 15s and 10s.',
      stops: true,
      applies: (facts) =>
        elects(facts, component) &&
        !(lease(facts, component, 'lease-duration', '15s') > lease(facts, component, 'renew-deadline', '10s')),
    },
    {
      id: `renewal-and-retry-${short}`,
      title: `The ${short} has no time to renew its lease twice`,
      settings: [
        { component, flag: 'leader-elect-renew-deadline' },
        { component, flag: 'leader-elect-retry-period' },
      ],
      why: 'the process exits: the deadline must be longer than 1.2 times the retry period',
      source: 'client-go/tools/leaderelection/leaderelection.go, NewLeaderElector',
      remedy: 'Leave 10s and 2s.',
      stops: true,
      applies: (facts) =>
        elects(facts, component) &&
        !(lease(facts, component, 'renew-deadline', '10s') > 1.2 * lease(facts, component, 'retry-period', '2s')),
    },
  ]
}

function probeRule(component: Elected): Conflict {
  const short = component.replace('kube-', '')
  return {
    id: `address-and-probes-${short}`,
    title: `The ${short} listens where the kubelet does not ask`,
    settings: [
      { component, flag: 'bind-address' },
      { file: `${component}.yaml`, field: 'livenessProbe.httpGet.host' },
    ],
    why: 'the kubelet asks 127.0.0.1 for its health, gets no answer, and restarts it for ever',
    source: 'K pkg/kubelet/prober/prober.go',
    remedy: 'Leave 127.0.0.1.',
    stops: true,
    applies: (facts) => !['0.0.0.0', '::', '127.0.0.1'].includes(facts.args[component]['bind-address'] ?? '0.0.0.0'),
  }
}

/** The pairs of flags by which the controller manager gets an issuer for one signer alone. */
const signers = ['kubelet-serving', 'kubelet-client', 'kube-apiserver-client', 'legacy-unknown'] as const

/** Controller manager and scheduler. */
export const controllers: readonly Conflict[] = [
  ...leaseRules(manager),
  ...leaseRules('kube-scheduler'),
  probeRule(manager),
  probeRule('kube-scheduler'),
  {
    id: 'one-port-for-two',
    title: 'Controller manager and scheduler want one port',
    settings: [
      { component: manager, flag: 'secure-port' },
      { component: 'kube-scheduler', flag: 'secure-port' },
    ],
    why: 'both run on the host’s network: the second one cannot listen and exits',
    source: 'A pkg/server/options/serving.go, CreateListener',
    remedy: 'Leave 10257 and 10259.',
    stops: true,
    applies: (facts) => facts.args[manager]['secure-port'] === facts.args['kube-scheduler']['secure-port'],
  },
  {
    id: 'signer-for-all-and-for-one',
    title: 'One issuer for all signers and one for a signer alone',
    settings: [
      { component: manager, flag: 'cluster-signing-(cert|key)-file' },
      { component: manager, flag: 'cluster-signing-kubelet-client-*' },
    ],
    why: 'the controller manager does not start when both are given',
    source: 'K cmd/kube-controller-manager/app/options/csrsigningcontroller.go, Validate',
    remedy: 'Take the general issuer out: only kubelets’ certificates are signed here.',
    stops: true,
    applies: (facts) =>
      Object.keys(facts.args[manager]).some((flag) => matches('cluster-signing-(cert|key)-file', flag)) &&
      signers.some((signer) => given(facts, manager, `cluster-signing-${signer}-cert-file`)),
  },
  {
    id: 'signer-without-its-half',
    title: 'An issuer’s certificate without its key, or the other way round',
    settings: [
      { component: manager, flag: 'cluster-signing-*-cert-file' },
      { component: manager, flag: 'cluster-signing-*-key-file' },
    ],
    why: 'the controller manager does not start with half of a pair',
    source: 'K cmd/kube-controller-manager/app/options/csrsigningcontroller.go, csrSigningFilesValid',
    remedy: 'Give both, or neither.',
    stops: true,
    applies: (facts) =>
      signers.some(
        (signer) =>
          given(facts, manager, `cluster-signing-${signer}-cert-file`) !==
          given(facts, manager, `cluster-signing-${signer}-key-file`),
      ),
  },
  {
    id: 'rotation-and-signing-controller',
    title: 'Kubelets renew their certificates and the controller that signs them is off',
    settings: [{ kubelet: 'rotateCertificates' }, { component: manager, flag: 'controllers' }],
    why: 'no request is signed: each kubelet exits when its certificate ends',
    source: 'K pkg/kubelet/certificate/transport.go',
    remedy: 'Leave the certificatesigningrequest controllers on.',
    stops: false,
    applies: (facts) => {
      const wanted = items(facts.args[manager].controllers ?? '*')
      const off = (name: string) => wanted.includes(`-${name}`) || !(wanted.includes('*') || wanted.includes(name))
      return (
        facts.kubelet.rotateCertificates === true &&
        (off('certificatesigningrequest-signing-controller') || off('certificatesigningrequest-approving-controller'))
      )
    },
  },
  {
    id: 'accounts-without-root-ca',
    title: 'Accounts get tokens and no authority to check the API server by',
    settings: [
      { component: manager, flag: 'root-ca-file' },
      { object: 'the ConfigMap kube-root-ca.crt of every namespace' },
    ],
    why: 'without the file no namespace gets its ConfigMap: pods that mount it, kube-proxy among them, never start',
    source: 'K cmd/kube-controller-manager/app/certificates.go, newRootCACertificatePublisherController',
    remedy: 'Keep root-ca-file.',
    stops: true,
    applies: (facts) => !given(facts, manager, 'root-ca-file'),
  },
]
