import { paths } from '../../cluster/components.ts'
import { anyGiven, type Conflict, type Facts, given, inFile, items, list, seconds } from './rule.ts'

const component = 'kube-apiserver'
const options = 'K pkg/kubeapiserver/options/authentication.go'
const manifest = `${paths.manifests}/kube-apiserver.yaml`
const probes = { file: 'kube-apiserver.yaml', field: 'livenessProbe.httpGet' } as const
const refusedProbe =
  'the kubelet’s health requests carry no credentials, get 401, and it restarts the API server for ever'

const anonymous = (facts: Facts) => inFile(facts, facts.args[component]['authentication-config'], 'anonymous')
const anonymousField = (facts: Facts, ...keys: string[]) =>
  inFile(facts, facts.args[component]['authentication-config'], 'anonymous', ...keys)

/** Whose tokens the API server believes beside its own. */
function issuers(facts: Facts): string[] {
  const jwt = inFile(facts, facts.args[component]['authentication-config'], 'jwt')
  return list(jwt).map((entry) => String((entry as { issuer?: { url?: string } }).issuer?.url))
}

/** The paths that the kubelet asks the API server for. */
function probed(facts: Facts): unknown[] {
  return ['startupProbe', 'livenessProbe', 'readinessProbe'].flatMap((probe) => {
    const path = inFile(facts, manifest, 'spec', 'containers', 0, probe, 'httpGet', 'path')
    return path === undefined ? [] : [path]
  })
}

/** PEM blocks that two files of the node share. */
function overlap(facts: Facts, a: string | undefined, b: string | undefined): boolean {
  const blocks = (path = '') => (facts.files[path]?.text ?? '').match(/-----BEGIN[^-]+-----[^-]+-----END/g) ?? []
  const other: string[] = blocks(b)
  return blocks(a).some((block) => other.includes(block))
}

/** How the API server learns who asks. */
export const authentication: readonly Conflict[] = [
  {
    id: 'anonymous-flag-and-file',
    title: 'Anonymous access is said twice',
    settings: [
      { component, flag: 'anonymous-auth' },
      { file: 'authentication.yaml', field: 'anonymous' },
    ],
    why: 'the API server does not start when both the flag and the file speak of anonymous requests',
    source: `${options}, Validate`,
    remedy: 'Leave the flag out: the file limits anonymous requests to the health endpoints.',
    stops: true,
    applies: (facts) => facts.args[component]['anonymous-auth'] !== undefined && anonymous(facts) !== undefined,
  },
  {
    id: 'anonymous-flag-off-and-probes',
    title: 'Anonymous requests are off where the kubelet needs them',
    settings: [{ component, flag: 'anonymous-auth' }, probes],
    why: refusedProbe,
    source: 'K pkg/kubeapiserver/options/authentication.go; the image has no shell for an exec probe',
    remedy: 'Limit anonymous requests to /livez, /readyz and /healthz (control anonymous-limited) instead.',
    stops: true,
    applies: (facts) => facts.args[component]['anonymous-auth'] === 'false' && probed(facts).length > 0,
  },
  {
    id: 'anonymous-file-off-and-probes',
    title: 'The authentication file turns anonymous requests off where the kubelet needs them',
    settings: [{ file: 'authentication.yaml', field: 'anonymous.enabled' }, probes],
    why: refusedProbe,
    source: 'A pkg/apis/apiserver/types.go, AnonymousAuthConfig',
    remedy: 'Set enabled: true with conditions for /livez, /readyz and /healthz.',
    stops: true,
    applies: (facts) => anonymousField(facts, 'enabled') === false && probed(facts).length > 0,
  },
  {
    id: 'anonymous-paths-and-probes',
    title: 'Anonymous requests are limited to paths that the kubelet does not ask for',
    settings: [{ file: 'authentication.yaml', field: 'anonymous.conditions' }, probes],
    why: refusedProbe,
    source: 'A pkg/authentication/request/anonymous/anonymous.go: the match is exact',
    remedy: 'Name every path of the probes in the conditions.',
    stops: true,
    applies: (facts) => {
      const open = list(anonymousField(facts, 'conditions')).map((condition) => (condition as { path?: string }).path)
      return open.length > 0 && probed(facts).some((path) => !open.includes(String(path)))
    },
  },
  {
    id: 'token-discovery-and-anonymous',
    title: 'Joining by token where anonymous requests reach nothing but health',
    settings: [
      { component, flag: 'enable-bootstrap-token-auth' },
      { file: 'authentication.yaml', field: 'anonymous.conditions' },
    ],
    why: 'kubeadm join by token reads the ConfigMap cluster-info without credentials, and gets 401',
    source: 'K cmd/kubeadm/app/discovery/token/token.go',
    remedy: 'Join with a discovery file, or leave the tokens off: every node has its own certificates here.',
    stops: false,
    applies: (facts) =>
      facts.args[component]['enable-bootstrap-token-auth'] === 'true' &&
      list(anonymousField(facts, 'conditions')).length > 0,
  },
  {
    id: 'oidc-flags-and-file',
    title: 'OIDC is configured by flags beside the authentication file',
    settings: [
      { component, flag: 'oidc-*' },
      { component, flag: 'authentication-config' },
    ],
    why: 'the API server does not start when both are given',
    source: `${options}, validateOIDCOptions`,
    remedy: 'Take the oidc flags out: a jwt issuer belongs into the authentication file.',
    stops: true,
    applies: (facts) => anyGiven(facts, component, 'oidc-*') && given(facts, component, 'authentication-config'),
  },
  {
    id: 'oidc-issuer-and-client',
    title: 'An OIDC issuer needs a client id, and the other way round',
    settings: [
      { component, flag: 'oidc-issuer-url' },
      { component, flag: 'oidc-client-id' },
    ],
    why: 'the API server does not start with only one of the two',
    source: `${options}, validateOIDCOptions`,
    remedy: 'Set both or none.',
    stops: true,
    applies: (facts) => given(facts, component, 'oidc-issuer-url') !== given(facts, component, 'oidc-client-id'),
  },
  {
    id: 'oidc-issuer-of-tokens',
    title: 'The identity provider is the cluster’s own issuer of service-account tokens',
    settings: [
      { file: 'authentication.yaml', field: 'jwt.issuer.url' },
      { component, flag: 'service-account-issuer' },
    ],
    why: 'the API server does not start when a jwt authenticator claims the tokens that it issues itself',
    source: 'A pkg/apis/apiserver/validation/validation.go, validateIssuerURL: disallowedIssuers',
    remedy: 'Name the provider’s own URL in spec.authentication.oidc.issuer.',
    stops: true,
    applies: (facts) => {
      const own = items(facts.args[component]['service-account-issuer'])
      return issuers(facts).some((url) => own.includes(url))
    },
  },
  {
    id: 'request-header-overlap',
    title: 'Clients and the authenticating proxy share an authority, and the proxy has no name',
    settings: [
      { component, flag: 'requestheader-client-ca-file' },
      { component, flag: 'requestheader-allowed-names' },
    ],
    why: 'every client certificate could name any user in a header: the API server does not start',
    source: `${options}, Validate, certificatesOverlap`,
    remedy: 'Keep the front proxy’s own authority, and name the proxy.',
    stops: true,
    applies: (facts) => {
      const args = facts.args[component]
      return (
        !given(facts, component, 'requestheader-allowed-names') &&
        overlap(facts, args['client-ca-file'], args['requestheader-client-ca-file'])
      )
    },
  },
  {
    id: 'token-signer-twice',
    title: 'Service-account tokens are signed by a key and by an endpoint',
    settings: [
      { component, flag: 'service-account-signing-endpoint' },
      { component, flag: 'service-account-signing-key-file' },
    ],
    why: 'the API server does not start when both are given',
    source: 'K pkg/controlplane/apiserver/options/validation.go, validateServiceAccountTokenSigningConfig',
    remedy: 'Take the endpoint out: the PKI holds the signing key.',
    stops: true,
    applies: (facts) =>
      given(facts, component, 'service-account-signing-endpoint') &&
      (given(facts, component, 'service-account-signing-key-file') ||
        given(facts, component, 'service-account-key-file')),
  },
  {
    id: 'token-lifetime-too-short',
    title: 'Tokens of service accounts live under an hour',
    settings: [
      { component, flag: 'service-account-max-token-expiration' },
      { component, flag: 'service-account-issuer' },
    ],
    why: 'the API server does not start with a limit under 1h or over 2^32 seconds',
    source: 'K pkg/controlplane/apiserver/options/options.go, Complete',
    remedy: 'Give at least 1h0m0s.',
    stops: true,
    applies: (facts) => {
      const text = facts.args[component]['service-account-max-token-expiration']
      const limit = seconds(text ?? '0s')
      return given(facts, component, 'service-account-issuer') && limit !== 0 && !(limit >= 3600 && limit <= 2 ** 32)
    },
  },
]
