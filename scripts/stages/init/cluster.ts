import { parseSpec } from '../../../cluster/spec.ts'
import { supportedVersions } from '../../../cluster/versions.ts'
import { fail } from '../../../lib/errors.ts'
import { findHost } from '../../lab/table.ts'
import { commented } from './commented.ts'

interface NodeWords {
  name: string
  role: string
  address: string
}

const about = 'A cluster, as redoubt carries it across an air gap. Every stage reads this file; commit it.'

/** What else can be set below `spec`. */
const more = `
  # How survey, apply and verify reach the nodes. Without a key ssh's own configuration and agent decide.
  #ssh:
  #  user: root
  #  port: 22
  #  key: node-key

  # Where clients reach the API: an address or a name. By default the first control plane's address.
  #endpoint: api.example.internal

  # Pods and Services get addresses from these networks; no node's address may lie in them. NetworkPolicies hold with provider cilium
  # alone; choose it before the first bundle. docs/network.md
  #network:
  #  provider: routes
  #  podCIDR: 10.244.0.0/16
  #  serviceCIDR: 10.96.0.0/16
  #  dnsDomain: cluster.local

  # The bundle's own version, a part of its file name; and images of your own to carry. docs/bundle.md
  #bundle:
  #  version: 0.1.0
  #  images: [docker.io/library/nginx:1.27]

  # Keys of certificates and tokens: ecdsa-p256, ecdsa-p384, rsa-3072, rsa-4096. Chosen once, before pki init. docs/pki.md
  #pki:
  #  keys: ecdsa-p256

  # Where API servers listen, and where etcd keeps its data. Both are chosen before the first apply. docs/render.md
  #apiServer:
  #  port: 6443
  #etcd:
  #  dataDir: /var/lib/etcd

  # The audit log on the control planes: its folder, its rotation in days, files, megabytes; and where else its events go. docs/authentication.md
  #audit:
  #  logDir: /var/log/kubernetes/audit
  #  maxAge: 30
  #  maxBackup: 10
  #  maxSize: 100
  #  webhook: {url: https://audit.example.internal/events, ca: audit-ca.crt}

  # An identity provider, beside certificates. docs/authentication.md
  #authentication:
  #  oidc: {issuer: https://id.example.internal, audiences: [kubernetes], ca: id-ca.crt, amr: [mfa], maxLifetime: 3600}

  # Arguments beyond what redoubt sets. One that it sets itself is refused.
  #components:
  #  kube-apiserver:
  #    args:
  #      goaway-chance: "0.001"

  # Namespaces, each with a quota, limits and policies; what is given here replaces a default. docs/access.md
  #namespaces:
  #  - name: team-a
  #    quota: {pods: 20, limits.memory: 8Gi}
  #    limits: {max: {memory: 2Gi}}

  # Who may what, by the names of groups. Bound only when verify has passed.
  #access:
  #  - {persona: platform-admin, groups: [platform]}
  #  - {persona: developer, groups: [team-a-devs], namespaces: [team-a]}

  # A control that must be off for a while: why, and until when. The evidence quotes it.
  #waivers: []
`

/** The text of a new redoubt.yaml of a cluster. Throws `usage` when it would not be a valid one. */
export function clusterText(name: string, nodes: readonly string[]): string {
  const words = nodes.length > 0 ? nodes.map(parseNode) : labNodes()
  const spec = {
    apiVersion: 'redoubt.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { name },
    spec: { kubernetes: supportedVersions[0], nodes: words },
  }
  return commented({ about, spec, more }, parseSpec)
}

/** Reads `NAME=ROLE@ADDRESS`. Throws `usage`. */
function parseNode(text: string): NodeWords {
  const [, name, role, address] = /^([^=@]+)=([^=@]+)@([^=@]+)$/.exec(text) ?? []
  if (!name || !role || !address)
    return fail('usage', `--node ${text}: expected NAME=ROLE@ADDRESS`, {
      hint: 'For example --node cp1=control-plane@10.0.0.11 --node w1=worker@10.0.0.12',
    })
  return { name, role, address }
}

function labNodes(): NodeWords[] {
  return [
    { name: 'cp1', role: 'control-plane', address: findHost('cp1').address },
    { name: 'w1', role: 'worker', address: findHost('w1').address },
  ]
}
