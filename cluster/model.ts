import { type Cidr, formatAddress, formatCidr, parseCidr, subnet } from '../lib/cidr.ts'
import { fail } from '../lib/errors.ts'
import type { Provider } from './components.ts'
import type { HostFacts, Hosts } from './hosts.ts'
import type { ClusterSpec, NodeSpec } from './spec.ts'
import { minorOf } from './versions.ts'

export interface NodeModel {
  name: string
  role: NodeSpec['role']
  address: string
  /** This node's part of the pod network. */
  podCIDR: string
  host: HostFacts
}

/** Everything that rendering, PKI and probes need to know of a cluster, derived once from spec and survey. */
export interface Model {
  name: string
  /** `v1.36.3` */
  version: string
  /** `1.36` */
  minor: string
  nodes: NodeModel[]
  controlPlanes: NodeModel[]
  workers: NodeModel[]
  /** Where clients reach the API. */
  endpoint: { host: string; port: number; url: string }
  network: {
    provider: Provider
    podCIDR: string
    serviceCIDR: string
    dnsDomain: string
    /** First address of the service network: the kubernetes Service. */
    apiServiceIP: string
    /** Tenth address of the service network: CoreDNS. */
    dnsIP: string
  }
  /** Folders and files that the spec chooses. */
  places: { etcdData: string; auditFolder: string; auditLog: string }
  spec: ClusterSpec['spec']
}

/** Joins spec and survey. Throws `usage` when a node was not surveyed. */
export function buildModel(spec: ClusterSpec, hosts: Hosts): Model {
  const { nodes, network, apiServer, etcd, audit } = spec.spec
  const models = nodes.map((node, index): NodeModel => {
    const host = hosts.hosts[node.name]
    if (!host)
      return fail('usage', `hosts.yaml knows no node ${node.name}`, {
        hint: 'Run `redoubt survey`: the nodes changed.',
      })
    const range = nodePodCidr(spec, index)
    if (!range) return fail('usage', `no pod network is left for node ${node.name}`)
    return { name: node.name, role: node.role, address: node.address, podCIDR: formatCidr(range), host: host.facts }
  })
  const controlPlanes = models.filter((node) => node.role === 'control-plane')
  const host = endpointHost(spec)
  return {
    name: spec.metadata.name,
    version: spec.spec.kubernetes,
    minor: minorOf(spec.spec.kubernetes),
    nodes: models,
    controlPlanes,
    workers: models.filter((node) => node.role === 'worker'),
    endpoint: { host, port: apiServer.port, url: `https://${host}:${apiServer.port}` },
    network: {
      ...network,
      apiServiceIP: serviceAddress(network.serviceCIDR, 1),
      dnsIP: serviceAddress(network.serviceCIDR, 10),
    },
    places: { etcdData: etcd.dataDir, auditFolder: audit.logDir, auditLog: `${audit.logDir}/audit.log` },
    spec: spec.spec,
  }
}

/** A node's pod network: its own, or the n-th /24 of the cluster's by its place in the list; undefined past the end. */
export function nodePodCidr(spec: ClusterSpec, index: number): Cidr | undefined {
  const own = spec.spec.nodes[index]?.podCIDR
  if (own) return parseCidr(own)
  const pods = parseCidr(spec.spec.network.podCIDR)
  return pods && subnet(pods, 24, index)
}

/** Where clients reach the API: what the spec says, or the first control plane's address. */
export function endpointHost(spec: ClusterSpec): string {
  return spec.spec.endpoint ?? spec.spec.nodes.find((node) => node.role === 'control-plane')?.address ?? ''
}

/** The `index`-th address of the service network. Throws `usage` when it is no network. */
export function serviceAddress(cidr: string, index: number): string {
  const range = parseCidr(cidr)
  return range ? formatAddress(range.base + index) : fail('usage', `${cidr} is no network`)
}
