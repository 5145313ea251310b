import type { ClusterSpec, NodeSpec } from '../cluster/spec.ts'
import { type Authority, authorities, type Leaf, leaves, lifetimes } from './certificates.ts'
import { type KeyKind, keyKinds } from './keys.ts'
import type { Profile, Subject } from './x509.ts'

/** One certificate that a cluster must have. */
export interface Certificate {
  /** `server-ca`, `apiserver/cp1`: also its path below `keys/`, without `.crt`. */
  id: string
  /** Id of the authority that signs it; the root's is its own. */
  issuer: string
  profile: Profile
  key: KeyKind
  days: number
}

/** Every certificate of a cluster, each after its issuer. Throws `usage` when the endpoint is no address and no DNS name. */
export function certificatesOf(spec: ClusterSpec): Certificate[] {
  const { name } = spec.metadata
  const { nodes } = spec.spec
  const { keys } = spec.spec.pki
  return [
    ...authorities.map((entry) => authority(entry, name, keyKinds[keys].authorities)),
    ...leaves.flatMap((entry) => {
      if (entry.wanted?.(spec) === false) return []
      if (entry.on === 'operator') return [leafCertificate(entry, spec, undefined)]
      return nodes
        .filter((node) => entry.on === 'node' || node.role === 'control-plane')
        .map((node) => leafCertificate(entry, spec, node))
    }),
  ]
}

function authority({ id, usages }: Authority, cluster: string, key: KeyKind): Certificate {
  const root = id === 'root'
  return {
    id,
    issuer: 'root',
    profile: {
      subject: authoritySubject(cluster, id),
      usages,
      sans: [],
      authority: root ? {} : { pathLength: 0 },
    },
    key,
    days: root ? lifetimes.root : lifetimes.issuer,
  }
}

/** Generation of the authorities that this table describes. */
export const generation = 1

/** The generation tells an authority from its successor: OpenSSL takes two of one name for the same. */
export function authoritySubject(cluster: string, id: string): Subject {
  return { organizations: [cluster], commonName: `${cluster} ${id} g${generation}` }
}

function leafCertificate(entry: Leaf, spec: ClusterSpec, node: NodeSpec | undefined): Certificate {
  const id = node ? `${entry.kind}/${node.name}` : entry.kind
  const names = (node ? entry.sans?.(node, spec) : entry.names?.(spec)) ?? [`URI:spiffe://${spec.metadata.name}/${id}`]
  return {
    id,
    issuer: entry.issuer,
    profile: {
      subject: { organizations: entry.groups ?? [], commonName: entry.user(node?.name ?? '') },
      usages: entry.usages,
      sans: [...new Set(names)],
    },
    key: keyKinds[spec.spec.pki.keys].leaves,
    days: entry.days,
  }
}
