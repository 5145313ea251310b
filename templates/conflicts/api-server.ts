import { type Conflict, type Facts, given, inFile, items, seconds } from './rule.ts'

const component = 'kube-apiserver'
const manifest = { file: 'kube-apiserver.yaml', field: 'livenessProbe.httpGet' } as const

const runtimeConfig = (facts: Facts) => items(facts.args[component]['runtime-config'])
const number = (facts: Facts, flag: string) => Number(facts.args[component][flag] ?? Number.NaN)

/** What else stops an API server, or the cluster around it. */
export const apiServer: readonly Conflict[] = [
  {
    id: 'encryption-reload-without-file',
    title: 'Encryption is reloaded and not configured',
    settings: [
      { component, flag: 'encryption-provider-config-automatic-reload' },
      { component, flag: 'encryption-provider-config' },
    ],
    why: 'the API server does not start when the reload is set without the file',
    source: 'A pkg/server/options/etcd.go, Validate',
    remedy: 'Set both, as control encryption-at-rest does.',
    stops: true,
    applies: (facts) =>
      facts.args[component]['encryption-provider-config-automatic-reload'] === 'true' &&
      !given(facts, component, 'encryption-provider-config'),
  },
  {
    id: 'encryption-file-of-another',
    title: 'Secrets are to be encrypted by a file that is not the PKI’s',
    settings: [{ component, flag: 'encryption-provider-config' }, { object: 'the Secrets that etcd holds' }],
    why: 'what was written under the old keys, or as it is, cannot be read by providers that do not hold them',
    source: 'A pkg/storage/value/transformer.go, TransformFromStorage',
    remedy: 'Keep the file of the PKI; rotate its keys there, the old one staying until every Secret is rewritten.',
    stops: false,
    applies: (facts) => {
      const path = facts.args[component]['encryption-provider-config']
      return path !== undefined && path !== '/etc/kubernetes/apiserver/encryption.yaml'
    },
  },
  {
    id: 'encryption-identity-first',
    title: 'Encryption whose first provider writes Secrets as they are',
    settings: [
      { component, flag: 'encryption-provider-config' },
      { file: 'encryption.yaml', field: 'resources[0].providers[0]' },
    ],
    why: 'the first provider writes: with identity in front new Secrets are plain text in etcd',
    source: 'A pkg/server/options/encryptionconfig/config.go',
    remedy: 'Put the provider with a key first.',
    stops: false,
    excusedBy: 'encryption-at-rest',
    applies: (facts) => {
      const path = facts.args[component]['encryption-provider-config']
      const first = inFile(facts, path, 'resources', 0, 'providers', 0)
      return typeof first === 'object' && first !== null && 'identity' in first
    },
  },
  {
    id: 'file-that-nobody-places',
    title: 'An argument names a file that no node gets',
    settings: [{ component, flag: '*(-file|-config)' }, { object: 'the rendered tree of the node' }],
    why: 'the pod sees only what is rendered below its mounts: the API server does not start without the file',
    source: 'templates/node/apiserver.ts, mounts',
    remedy: 'Name a file of the rendered tree, or take the argument out.',
    stops: true,
    applies: (facts) =>
      Object.entries(facts.args[component]).some(
        ([flag, path]) => /(-file|-config)$/.test(flag) && path.startsWith('/') && facts.files[path] === undefined,
      ),
  },
  {
    id: 'fairness-without-its-api',
    title: 'Priority and fairness is on and its API off',
    settings: [
      { component, flag: 'runtime-config' },
      { component, flag: 'enable-priority-and-fairness' },
    ],
    why: 'the API server does not start with flowcontrol.apiserver.k8s.io/v1=false',
    source: 'K pkg/controlplane/apiserver/options/validation.go, validateAPIPriorityAndFairness',
    remedy: 'Leave the API on.',
    stops: true,
    applies: (facts) => {
      if (facts.args[component]['enable-priority-and-fairness'] === 'false') return false
      const config = runtimeConfig(facts)
      const decides = ['flowcontrol.apiserver.k8s.io/v1', 'api/ga', 'api/all'].find((name) =>
        config.some((entry) => entry.startsWith(`${name}=`)),
      )
      return decides !== undefined && config.includes(`${decides}=false`)
    },
  },
  {
    id: 'no-requests-in-flight',
    title: 'No request may be in flight',
    settings: [
      { component, flag: 'max-requests-inflight' },
      { component, flag: 'max-mutating-requests-inflight' },
    ],
    why: 'both together are the capacity of priority and fairness: with 0 the API server does not start',
    source: 'A pkg/server/options/feature.go, ApplyTo',
    remedy: 'Leave both at their defaults of 400 and 200.',
    stops: true,
    applies: (facts) =>
      number(facts, 'max-requests-inflight') === 0 && number(facts, 'max-mutating-requests-inflight') === 0,
  },
  {
    id: 'api-server-port-and-probes',
    title: 'The API server listens where nobody asks',
    settings: [{ component, flag: 'secure-port' }, manifest],
    why: 'probes, kubeconfigs and firewalls go by spec.apiServer.port: the kubelet restarts it for ever',
    source: 'templates/node/apiserver.ts',
    remedy: 'Choose the port by spec.apiServer.port.',
    stops: true,
    applies: (facts) => number(facts, 'secure-port') !== facts.model.endpoint.port,
  },
  {
    id: 'api-server-address-and-probes',
    title: 'The API server listens on another address than the node’s',
    settings: [
      { component, flag: 'bind-address' },
      { component, flag: 'advertise-address' },
    ],
    why: 'the kubelet, the other nodes and the Service kubernetes ask the advertised address',
    source: 'A pkg/server/options/serving.go',
    remedy: 'Leave --bind-address out: it listens on every address.',
    stops: true,
    applies: (facts) => {
      const { 'bind-address': bound, 'advertise-address': advertised } = facts.args[component]
      return bound !== undefined && !['0.0.0.0', '::', advertised].includes(bound)
    },
  },
  {
    id: 'goaway-and-one-server',
    title: 'Clients are sent away and there is nowhere else to go',
    settings: [{ component, flag: 'goaway-chance' }, { spec: ['nodes'] }],
    why: 'with one API server, or without a balancer in front, every GOAWAY comes back to the same one',
    source: 'A pkg/server/options/server_run_options.go, help of --goaway-chance',
    remedy: 'Leave it out until an endpoint balances several control planes.',
    stops: false,
    applies: (facts) =>
      number(facts, 'goaway-chance') > 0 && (facts.model.controlPlanes.length < 2 || !facts.model.spec.endpoint),
  },
  {
    id: 'shutdown-delay-and-grace',
    title: 'Shutting down takes longer than the kubelet waits',
    settings: [
      { component, flag: 'shutdown-delay-duration' },
      { file: 'kube-apiserver.yaml', field: 'terminationGracePeriodSeconds (30)' },
    ],
    why: 'the kubelet kills a static pod after 30 s: requests in flight are cut off',
    source: 'A pkg/server/genericapiserver.go; K pkg/apis/core/v1/defaults.go',
    remedy: 'Stay under 20s.',
    stops: false,
    applies: (facts) => seconds(facts.args[component]['shutdown-delay-duration'] ?? '0s') >= 20,
  },
  {
    id: 'kubelet-client-and-trust',
    title: 'The API server shows kubelets a certificate that they do not ask for',
    settings: [{ component, flag: 'kubelet-client-certificate' }, { kubelet: 'authentication.x509.clientCAFile' }],
    why: 'without a client CA the kubelet takes the API server for anonymous: logs, exec and metrics get 401',
    source: 'K pkg/kubelet/server/auth.go',
    remedy: 'Keep the kubelets’ client CA.',
    stops: false,
    applies: (facts) =>
      given(facts, component, 'kubelet-client-certificate') &&
      facts.kubelet['authentication.anonymous.enabled'] === false &&
      !facts.kubelet['authentication.x509.clientCAFile'],
  },
]
