import { type ConfigurableName, configurable } from '../../cluster/components.ts'
import { type Conflict, type Facts, given, items, list } from './rule.ts'

/** A boolean flag as Go reads it (strconv.ParseBool); one without a value is true. */
const isTrue = (facts: Facts, component: ConfigurableName, flag: string) =>
  /^(|1|t|true)$/i.test(facts.args[component][flag] ?? 'false')

const noAlpha = {
  title: 'Every alpha feature is on',
  why: 'what is alpha may change or lose data, and nobody vouches for its safety (STIG V-242400)',
  source: 'component-base/featuregate/feature_gate.go, setUnsetAlphaGates',
  remedy: 'Take AllAlpha out.',
  stops: false,
} as const

/** `AllAlpha=true` among the feature gates of one component. */
function allAlpha(component: ConfigurableName): Conflict {
  return {
    ...noAlpha,
    id: `all-alpha-${component.replace('kube-', '')}`,
    settings: [{ component, flag: 'feature-gates' }, { object: 'control no-alpha-features' }],
    applies: (facts) =>
      items(facts.args[component]['feature-gates']).some((gate) => /^AllAlpha\s*=\s*(1|t|true)$/i.test(gate)),
  }
}

/** Paths of a component's port that ask for no identity. */
function openPaths(component: 'kube-controller-manager' | 'kube-scheduler'): Conflict {
  const usual = ['/healthz', '/readyz', '/livez']
  const short = component.replace('kube-', '')
  return {
    id: `open-paths-${short}`,
    title: `Paths of the ${short} are open to whoever reaches its port`,
    settings: [
      { component, flag: 'authorization-always-allow-paths' },
      { object: `the identity that the ${short} asks for` },
    ],
    why: 'they are served before anybody is asked who he is: metrics, the configuration, profiles',
    source: 'A pkg/server/options/authorization.go, AlwaysAllowPaths',
    remedy: `Leave ${usual.join(', ')}.`,
    stops: false,
    applies: (facts) =>
      items(facts.args[component]['authorization-always-allow-paths']).some((path) => !usual.includes(path)),
  }
}

/** Arguments that no control sets, and that take away what controls give. */
export const undoing: readonly Conflict[] = [
  ...configurable.map(allAlpha),
  openPaths('kube-controller-manager'),
  openPaths('kube-scheduler'),
  {
    id: 'other-origins',
    title: 'Web pages of other origins may ask the API server',
    settings: [
      { component: 'kube-apiserver', flag: 'cors-allowed-origins' },
      { object: 'the browser of whoever is signed in' },
    ],
    why: 'a page that somebody opens acts with the credentials that the browser holds; patterns match any part of an origin',
    source: 'A pkg/server/filters/cors.go, WithCORS',
    remedy: 'Take it out: kubectl needs none.',
    stops: false,
    applies: (facts) => given(facts, 'kube-apiserver', 'cors-allowed-origins'),
  },
  {
    id: 'fairness-off',
    title: 'One client may take the API server for itself',
    settings: [
      { component: 'kube-apiserver', flag: 'enable-priority-and-fairness' },
      { object: 'the requests of nodes and controllers' },
    ],
    why: 'without it requests are served as they come: a flood of one tenant starves leases and controllers',
    source: 'A pkg/server/config.go, DefaultBuildHandlerChain',
    remedy: 'Take it out: it is on by default.',
    stops: false,
    applies: ({ args }) => /^(0|f|false)$/i.test(args['kube-apiserver']['enable-priority-and-fairness'] ?? ''),
  },
  {
    id: 'etcd-forgets-its-members',
    title: 'etcd forgets the other members at every start',
    settings: [
      { component: 'etcd', flag: 'force-new-cluster' },
      { component: 'etcd', flag: 'initial-cluster' },
    ],
    why: 'each member becomes a cluster of its own: what was written to the others is lost',
    source: 'etcd server/etcdserver/bootstrap.go, bootstrapRaftFromWAL',
    remedy: 'Take it out; a lost quorum is restored from a snapshot.',
    stops: false,
    applies: (facts) => isTrue(facts, 'etcd', 'force-new-cluster'),
  },
  {
    id: 'etcd-other-origins',
    title: 'Web pages of every origin may ask etcd',
    settings: [
      { component: 'etcd', flag: 'cors' },
      { component: 'etcd', flag: 'client-cert-auth' },
    ],
    why: 'it is also what etcd does unasked, and client certificates alone stand between: nobody should want it by name',
    source: 'etcd server/etcdmain/help.go, --cors: empty or * means allow all',
    remedy: 'Take it out, or name one origin.',
    stops: false,
    applies: ({ args }) => items(args.etcd.cors).includes('*'),
  },
  {
    id: 'etcd-profiles',
    title: 'etcd serves profiles of itself',
    settings: [{ component: 'etcd', flag: 'enable-pprof' }, { object: 'control profiling-off' }],
    why: 'profiles show command lines and what the process works on, and cost its time',
    source: 'etcd server/embed/config.go, EnablePprof',
    remedy: 'Take it out.',
    stops: false,
    applies: (facts) => isTrue(facts, 'etcd', 'enable-pprof'),
  },
  {
    id: 'etcd-flags-and-file',
    title: 'etcd is configured by a file and by flags',
    settings: [
      { component: 'etcd', flag: 'config-file' },
      { component: 'etcd', flag: 'client-cert-auth' },
    ],
    why: 'with a file etcd reads no flag at all: certificates, trust and addresses would be the file’s, and no node gets one',
    source: 'etcd server/etcdmain/config.go, parse',
    remedy: 'Write its settings as arguments.',
    stops: true,
    applies: ({ args }) => args.etcd['config-file'] !== undefined,
  },
  {
    id: 'scheduler-flags-and-file',
    title: 'The scheduler is configured by a file and by flags',
    settings: [
      { component: 'kube-scheduler', flag: 'config' },
      { component: 'kube-scheduler', flag: 'profiling' },
    ],
    why: 'with a file the scheduler ignores profiling, kubeconfig and leader election of its flags, and no node gets one',
    source: 'K cmd/kube-scheduler/app/options/options.go, ApplyTo; help of --config',
    remedy: 'Write its settings as arguments.',
    stops: true,
    applies: ({ args }) => args['kube-scheduler'].config !== undefined,
  },
]

/** The same of the kubelet's fields, on every node. */
export const undoingKubelet: readonly Conflict[] = [
  {
    id: 'static-pods-from-afar',
    title: 'The kubelet fetches static pods from a server',
    settings: [{ kubelet: 'staticPodURL' }, { object: 'the admission of pods' }],
    why: 'static pods pass no admission: whoever answers there, or in between, runs what he likes as root',
    source: 'K pkg/kubelet/config/http.go; CIS 1.2, Pod Security',
    remedy: 'Take it out.',
    stops: false,
    applies: ({ kubelet }) => Boolean(kubelet.staticPodURL),
  },
  {
    id: 'unsafe-sysctls-in-families',
    title: 'Pods may set whole families of kernel settings',
    settings: [{ kubelet: 'allowedUnsafeSysctls' }, { object: 'the other pods of the node' }],
    why: 'unsafe ones reach beyond the pod: they starve or crash what else runs on the node',
    source: 'K pkg/kubelet/sysctl/allowlist.go',
    remedy: 'Name each one that a workload needs, without *.',
    stops: false,
    applies: ({ kubelet }) => list(kubelet.allowedUnsafeSysctls).some((name) => String(name).includes('*')),
  },
  {
    ...noAlpha,
    id: 'all-alpha-kubelet',
    settings: [{ kubelet: 'featureGates.AllAlpha' }, { object: 'control no-alpha-features' }],
    applies: ({ kubelet }) => kubelet['featureGates.AllAlpha'] === true,
  },
]
