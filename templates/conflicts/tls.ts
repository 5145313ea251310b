import { type ConfigurableName, configurable } from '../../cluster/components.ts'
import type { KeyChoice } from '../../cluster/spec-shape.ts'
import { type Conflict, type Facts, given, items } from './rule.ts'

/** HTTP/2 demands one of these below TLS 1.3 (RFC 9113, 9.2.2; golang.org/x/net/http2, ConfigureServer). */
const http2Suites = ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256']

/** True when suites are named, none of them is HTTP/2's, and TLS 1.2 is spoken. */
function lacksHttp2(suites: readonly unknown[], minimum: unknown): boolean {
  return suites.length > 0 && minimum !== 'VersionTLS13' && !http2Suites.some((suite) => suites.includes(suite))
}

const why = 'TLS 1.2 without an ECDHE AES_128_GCM suite cannot carry HTTP/2: the server does not start'
const source = 'golang.org/x/net/http2, ConfigureServer'
const remedy = `Keep ${http2Suites.join(' or ')} among the suites.`

function http2Rule(component: Exclude<ConfigurableName, 'etcd'>): Conflict {
  return {
    id: `http2-suites-${component.replace('kube-', '')}`,
    title: `${component} has no suite for HTTP/2`,
    settings: [
      { component, flag: 'tls-cipher-suites' },
      { component, flag: 'tls-min-version' },
    ],
    why,
    source,
    remedy,
    stops: true,
    applies: (facts) =>
      facts.args[component]['disable-http2-serving'] !== 'true' &&
      lacksHttp2(items(facts.args[component]['tls-cipher-suites']), facts.args[component]['tls-min-version']),
  }
}

/** How suites of TLS 1.2 name the certificates that they go with (RFC 8422, RFC 5246). Those of TLS 1.3 name none. */
const suitesFor: Record<KeyChoice, RegExp> = {
  'ecdsa-p256': /^TLS_ECDHE_ECDSA_/,
  'ecdsa-p384': /^TLS_ECDHE_ECDSA_/,
  'rsa-3072': /^TLS_(ECDHE_)?RSA_/,
  'rsa-4096': /^TLS_(ECDHE_)?RSA_/,
}

/** True when TLS 1.2 is spoken with suites that all go with certificates of the other kind. */
function lacksKeys({ model }: Facts, suites: readonly unknown[], minimum: unknown): boolean {
  const fitting = suitesFor[model.spec.pki.keys]
  const spoken = minimum !== 'VersionTLS13' && minimum !== 'TLS1.3'
  return spoken && suites.length > 0 && !suites.some((suite) => fitting.test(String(suite)))
}

const keysSetting = { spec: ['pki', 'keys'] } as const
const keysText = {
  why: 'TLS 1.2 needs a suite of the certificate’s own kind: whoever speaks no TLS 1.3 is refused',
  source: 'RFC 5246 7.4.2, RFC 8422 2; Go crypto/tls/handshake_server.go, pickCipherSuite',
  remedy: 'Leave the suites out: ours go with keys of both kinds.',
  stops: false,
} as const

function keysRule(component: ConfigurableName): Conflict {
  const flag = component === 'etcd' ? 'cipher-suites' : 'tls-cipher-suites'
  return {
    id: `suites-and-keys-${component.replace('kube-', '')}`,
    title: `${component} has no suite for its certificate`,
    settings: [{ component, flag }, keysSetting],
    ...keysText,
    applies: (facts) => lacksKeys(facts, items(facts.args[component][flag]), facts.args[component]['tls-min-version']),
  }
}

const etcdVersion = (facts: Facts, flag: string) => facts.args.etcd[flag] ?? ''

/** Versions and suites that exclude each other. */
export const tls: readonly Conflict[] = [
  http2Rule('kube-apiserver'),
  http2Rule('kube-controller-manager'),
  http2Rule('kube-scheduler'),
  {
    id: 'http2-suites-kubelet',
    title: 'The kubelet has no suite for HTTP/2',
    settings: [{ kubelet: 'tlsCipherSuites' }, { kubelet: 'tlsMinVersion' }],
    why: 'net/http serves HTTP/2 by itself and refuses suites without an ECDHE AES_128_GCM: the kubelet’s port stays closed',
    source,
    remedy,
    stops: true,
    applies: ({ kubelet }) => lacksHttp2((kubelet.tlsCipherSuites as unknown[]) ?? [], kubelet.tlsMinVersion),
  },
  ...configurable.map(keysRule),
  {
    id: 'suites-and-keys-kubelet',
    title: 'The kubelet has no suite for its certificate',
    settings: [{ kubelet: 'tlsCipherSuites' }, keysSetting],
    ...keysText,
    applies: (facts) =>
      lacksKeys(facts, (facts.kubelet.tlsCipherSuites as unknown[]) ?? [], facts.kubelet.tlsMinVersion),
  },
  {
    id: 'etcd-tls13-and-suites',
    title: 'etcd speaks TLS 1.3 only and is given cipher suites',
    settings: [
      { component: 'etcd', flag: 'tls-min-version' },
      { component: 'etcd', flag: 'cipher-suites' },
    ],
    why: 'etcd does not start: suites of TLS 1.3 cannot be chosen',
    source: 'etcd server/embed/config.go, Validate',
    remedy: 'Name no suites with TLS1.3.',
    stops: true,
    applies: (facts) => etcdVersion(facts, 'tls-min-version') === 'TLS1.3' && given(facts, 'etcd', 'cipher-suites'),
  },
  {
    id: 'etcd-tls-range',
    title: 'etcd’s lowest TLS version is above its highest',
    settings: [
      { component: 'etcd', flag: 'tls-min-version' },
      { component: 'etcd', flag: 'tls-max-version' },
    ],
    why: 'etcd does not start',
    source: 'etcd server/embed/config.go, Validate',
    remedy: 'Leave the highest version out.',
    stops: true,
    applies: (facts) =>
      given(facts, 'etcd', 'tls-max-version') &&
      etcdVersion(facts, 'tls-min-version') > etcdVersion(facts, 'tls-max-version'),
  },
]
