import { normalize } from 'node:path/posix'
import { paths } from '../../cluster/components.ts'
import { anyGiven, type Conflict, type Facts, given, inFile, items } from './rule.ts'

const component = 'etcd'
const config = 'etcd server/embed/config.go, Validate'

const milliseconds = (facts: Facts, flag: string, standard: number) => Number(facts.args.etcd[flag] ?? standard)

/** Who etcd's container runs as; undefined where it is root. */
function userOf(facts: Facts): number | undefined {
  const pod = `${paths.manifests}/etcd.yaml`
  const user =
    inFile(facts, pod, 'spec', 'containers', 0, 'securityContext', 'runAsUser') ??
    inFile(facts, pod, 'spec', 'securityContext', 'runAsUser')
  return typeof user === 'number' && user !== 0 ? user : undefined
}

/** etcd's own rules, and what the API server and the kubelet expect of it. */
export const etcd: readonly Conflict[] = [
  {
    id: 'etcd-heartbeat-and-election',
    title: 'etcd elects faster than hearts beat',
    settings: [
      { component, flag: 'heartbeat-interval' },
      { component, flag: 'election-timeout' },
    ],
    why: 'etcd does not start: the election timeout must be at least five heartbeats',
    source: config,
    remedy: 'Leave 100 and 1000 milliseconds.',
    stops: true,
    applies: (facts) =>
      5 * milliseconds(facts, 'heartbeat-interval', 100) > milliseconds(facts, 'election-timeout', 1000),
  },
  {
    id: 'etcd-discovery-and-members',
    title: 'etcd is told its members and how to discover them',
    settings: [
      { component, flag: 'discovery*' },
      { component, flag: 'initial-cluster' },
    ],
    why: 'etcd does not start with more than one way to find its members',
    source: `${config}, ErrConflictBootstrapFlags`,
    remedy: 'Take the discovery flags out: the members stand in redoubt.yaml.',
    stops: true,
    applies: (facts) => anyGiven(facts, component, 'discovery*') && given(facts, component, 'initial-cluster'),
  },
  {
    id: 'etcd-client-auth-without-trust',
    title: 'etcd asks for client certificates and trusts no authority of its own',
    settings: [
      { component, flag: 'client-cert-auth' },
      { component, flag: 'trusted-ca-file' },
    ],
    why: 'it would check clients against the host’s public authorities: the API server is refused',
    source: 'etcd client/pkg/transport/listener.go, ServerConfig',
    remedy: 'Set both, as control etcd-client-auth does.',
    stops: true,
    applies: (facts) => facts.args.etcd['client-cert-auth'] === 'true' && !given(facts, component, 'trusted-ca-file'),
  },
  {
    id: 'etcd-auto-tls-and-certificate',
    title: 'etcd makes certificates of its own beside those of the PKI',
    settings: [
      { component, flag: '(peer-)?auto-tls' },
      { component, flag: '(peer-)?cert-file' },
    ],
    why: 'the certificates win and auto-tls is ignored without an error: what was meant does not happen',
    source: 'etcd server/embed/config.go, ClientSelfCert and PeerSelfCert',
    remedy: 'Leave auto-tls out.',
    stops: false,
    applies: (facts) =>
      ['', 'peer-'].some(
        (side) => facts.args.etcd[`${side}auto-tls`] === 'true' && given(facts, component, `${side}cert-file`),
      ),
  },
  {
    id: 'etcd-metrics-and-probes',
    title: 'The kubelet asks etcd for its health where it does not listen',
    settings: [
      { component, flag: 'listen-metrics-urls' },
      { file: 'etcd.yaml', field: 'livenessProbe.httpGet' },
    ],
    why: 'without an answer the kubelet restarts etcd for ever',
    source: 'templates/node/etcd.ts',
    remedy: 'Leave http://127.0.0.1:2381 among the addresses.',
    stops: true,
    applies: (facts) => {
      const probe = (field: string) =>
        inFile(facts, `${paths.manifests}/etcd.yaml`, 'spec', 'containers', 0, 'livenessProbe', 'httpGet', field)
      const wanted = `http://${probe('host')}:${probe('port')}`
      return probe('port') !== undefined && !items(facts.args.etcd['listen-metrics-urls']).includes(wanted)
    },
  },
  {
    id: 'etcd-user-and-keys',
    title: 'etcd runs as its own user and cannot read its keys',
    settings: [
      { file: 'etcd.yaml', field: 'securityContext.runAsUser' },
      { component, flag: '(peer-)?key-file' },
    ],
    why: 'CIS 1.1.12 gives etcd a user, 1.1.19 and 1.1.21 give keys to root alone: etcd exits',
    source: 'CIS Kubernetes Benchmark 1.12, items 1.1.12 and 1.1.21',
    remedy: 'Give server.key and peer.key to the user that etcd runs as.',
    stops: true,
    applies: (facts) =>
      userOf(facts) !== undefined &&
      ['key-file', 'peer-key-file'].some((flag) =>
        /^root:/.test(facts.files[facts.args.etcd[flag] ?? '']?.owner ?? ''),
      ),
  },
  {
    id: 'etcd-user-and-folders',
    title: 'etcd runs as its own user and is to write where it may not',
    settings: [
      { file: 'etcd.yaml', field: 'securityContext.runAsUser' },
      { component, flag: '(data|wal)-dir' },
    ],
    why: 'only spec.etcd.dataDir is mounted and belongs to etcd’s user: elsewhere it can make no folder, and exits',
    source: 'etcd client/pkg/fileutil/fileutil.go, TouchDirAll',
    remedy: 'Leave `data-dir` and `wal-dir` out, or within spec.etcd.dataDir.',
    stops: true,
    applies: (facts) =>
      userOf(facts) !== undefined &&
      ['data-dir', 'wal-dir'].some((flag) => {
        const folder = facts.args.etcd[flag] ?? ''
        return folder !== '' && !`${normalize(folder)}/`.startsWith(`${facts.model.places.etcdData}/`)
      }),
  },
]
