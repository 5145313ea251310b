// Valid clusters of other shapes than the fixture's, as data: for tests over rendered files, and for a run on living hosts.
import type { HostFacts } from '../cluster/hosts.ts'
import { supportedVersions } from '../cluster/versions.ts'
import { writeYaml } from '../lib/yaml.ts'

export interface Layout {
  name: string
  /** `NAME ROLE`, the n-th at address 10.77.0.(11 + n). */
  nodes: readonly string[]
  /** What the spec says beside nodes, as in redoubt.yaml. */
  spec: Readonly<Record<string, unknown>>
  /** What its hosts have that most have not. */
  host?: Partial<HostFacts>
  /** Files of the workspace that the spec names: PEM of authorities. */
  files?: readonly string[]
  /** Rendered with --force: the spec sets what a control sets. */
  force?: true
}

const pair = ['cp1 control-plane', 'w1 worker']
const oidc = { issuer: 'https://id.example.internal', audiences: ['lab'], ca: 'id.crt' }
const webhook = { url: 'https://audit.example.internal/k8s', ca: 'audit.crt' }

/** All that can be chosen in the spec. */
export const layouts: readonly Layout[] = [
  {
    name: 'other networks',
    nodes: pair,
    spec: {
      network: {
        provider: 'routes',
        podCIDR: '172.20.0.0/16',
        serviceCIDR: '192.168.128.0/20',
        dnsDomain: 'k8s.corp.internal',
      },
    },
  },
  { name: 'RSA keys', nodes: pair, spec: { pki: { keys: 'rsa-3072' } } },
  { name: 'P-384 keys everywhere', nodes: pair, spec: { pki: { keys: 'ecdsa-p384' } } },
  {
    name: 'another port of the API server',
    nodes: pair,
    spec: { apiServer: { port: 7443 }, endpoint: 'api.lab.internal' },
  },
  {
    name: 'etcd and the audit log on other disks',
    nodes: pair,
    spec: { etcd: { dataDir: '/srv/etcd/lab' }, audit: { logDir: '/data/audit' } },
  },
  {
    name: 'a single node with RSA keys, another port and other paths',
    nodes: ['only control-plane'],
    spec: {
      pki: { keys: 'rsa-3072' },
      apiServer: { port: 7443 },
      etcd: { dataDir: '/srv/etcd' },
      audit: { logDir: '/var/log/audit-k8s' },
    },
  },
  { name: 'a single node', nodes: ['only control-plane'], spec: {} },
  {
    name: 'three control planes behind a name',
    nodes: ['a control-plane', 'b control-plane', 'c control-plane', 'w1 worker', 'w2 worker'],
    spec: { endpoint: 'api.lab.internal' },
  },
  {
    name: 'sshd elsewhere, and files of its own in the bundle',
    nodes: pair,
    spec: {
      ssh: { port: 2222, user: 'ops', key: 'secret/ssh key' },
      bundle: { version: '2.0.0', files: [{ name: 'motd', path: 'files/motd' }] },
    },
  },
  {
    name: 'a waiver that nothing needs',
    nodes: pair,
    spec: { waivers: [{ control: 'audit-log', reason: 'the log goes elsewhere', expires: '2027-01-31' }] },
  },
  {
    name: 'a waiver of what the spec forces',
    nodes: pair,
    spec: {
      components: { 'kube-apiserver': { args: { profiling: 'true' } } },
      waivers: [{ control: 'profiling-off', reason: 'a leak is looked for', expires: '2027-01-31' }],
    },
    force: true,
  },
  { name: 'an identity provider', nodes: pair, spec: { authentication: { oidc } }, files: ['id.crt'] },
  { name: 'a sink of audit events', nodes: pair, spec: { audit: { webhook } }, files: ['audit.crt'] },
  {
    name: 'both outside, longer logs',
    nodes: pair,
    spec: {
      authentication: {
        oidc: { ...oidc, username: { claim: 'email', prefix: 'corp:' }, amr: ['hwk', 'mfa'], maxLifetime: 900 },
      },
      audit: { maxAge: 90, maxBackup: 40, maxSize: 500, webhook },
    },
    files: ['id.crt', 'audit.crt'],
  },
  { name: 'the stricter values of the STIG', nodes: pair, spec: { profile: 'stig' } },
  {
    name: 'settings of its own',
    nodes: pair,
    spec: {
      components: {
        'kube-apiserver': { args: { 'event-ttl': '2h', v: '2' } },
        etcd: { args: { 'quota-backend-bytes': '4294967296' } },
        kubelet: { config: { imageGCHighThresholdPercent: 90, maxPods: 60 } },
      },
    },
  },
  {
    name: 'namespaces and people',
    nodes: pair,
    spec: {
      namespaces: [{ name: 'team-a', quota: { pods: '20' } }],
      access: [{ persona: 'developer', groups: ['team-a-developers'], namespaces: ['team-a'] }],
    },
  },
  {
    name: 'hosts of the older kind, whose kernel is not ours to set',
    nodes: pair,
    spec: {},
    host: { cgroup: 'v1', swap: true, defaultRoute: false, writableSysctls: {} },
  },
  ...supportedVersions
    .slice(1)
    .map((kubernetes): Layout => ({ name: `Kubernetes ${kubernetes}`, nodes: pair, spec: { kubernetes } })),
]

/** A layout's redoubt.yaml. `addresses` are those of living hosts, one for each node. */
export function layoutSpec({ name, nodes, spec }: Layout, addresses: readonly string[] = []): string {
  return writeYaml({
    apiVersion: 'redoubt.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { name: name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-') },
    spec: {
      kubernetes: supportedVersions[0],
      ...spec,
      nodes: nodes.map((node, index) => {
        const [own, role] = node.split(' ')
        return { name: own, role, address: addresses[index] ?? `10.77.0.${11 + index}` }
      }),
    },
  })
}
