// The names that serving certificates carry.
import { endpointHost, serviceAddress } from '../cluster/model.ts'
import type { ClusterSpec, NodeSpec } from '../cluster/spec.ts'
import { parseAddress } from '../lib/cidr.ts'

/** Of ports that listen on the node's loopback only. */
export function loopback(): string[] {
  return ['DNS:localhost', 'IP:127.0.0.1']
}

/** Of etcd. */
export function loopbackAndNode(node: NodeSpec): string[] {
  return [`DNS:${node.name}`, 'DNS:localhost', `IP:${node.address}`, 'IP:127.0.0.1']
}

/** Of the API server: node, Service, endpoint, loopback. */
export function apiserverNames(node: NodeSpec, spec: ClusterSpec): string[] {
  const { dnsDomain, serviceCIDR } = spec.spec.network
  const services = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc']
  return [
    `DNS:${node.name}`,
    'DNS:localhost',
    ...services.map((service) => `DNS:${service}`),
    `DNS:kubernetes.default.svc.${dnsDomain}`,
    `IP:${node.address}`,
    hostName(endpointHost(spec)),
    `IP:${serviceAddress(serviceCIDR, 1)}`,
    'IP:127.0.0.1',
  ]
}

/** The spec holds nothing but IPv4 addresses and DNS names there. */
function hostName(text: string): string {
  return parseAddress(text) === undefined ? `DNS:${text}` : `IP:${text}`
}
