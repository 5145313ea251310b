// The names that serving certificates carry.
import { endpointHost, serviceAddress } from '../cluster/model.ts'
import type { ClusterSpec, NodeSpec } from '../cluster/spec.ts'
import { parseAddress } from '../lib/cidr.ts'
import { fail } from '../lib/errors.ts'

/** Of ports that listen on the node's loopback only. */
export function loopback(): string[] {
  return ['DNS:localhost', 'IP:127.0.0.1']
}

/** Of etcd. */
export function loopbackAndNode(node: NodeSpec): string[] {
  return [`DNS:${node.name}`, 'DNS:localhost', `IP:${node.address}`, 'IP:127.0.0.1']
}

/** Of the API server: node, Service, endpoint, loopback. Throws `usage` when the endpoint is no address and no DNS name. */
export function apiserverNames(node: NodeSpec, spec: ClusterSpec): string[] {
  const { dnsDomain, serviceCIDR } = spec.spec.network
  const services = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc']
  return [
    `DNS:${node.name}`,
    'DNS:localhost',
    ...services.map((service) => `DNS:${service}`),
    hostName(`kubernetes.default.svc.${dnsDomain}`, 'spec.network.dnsDomain'),
    `IP:${node.address}`,
    hostName(endpointHost(spec), 'spec.endpoint'),
    `IP:${serviceAddress(serviceCIDR, 1)}`,
    'IP:127.0.0.1',
  ]
}

function hostName(text: string, field: string): string {
  if (parseAddress(text) !== undefined) return `IP:${text}`
  const label = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?'
  if (text.length <= 253 && new RegExp(`^${label}(\\.${label})*$`).test(text)) return `DNS:${text}`
  return fail('usage', `${field}: ${JSON.stringify(text)} is no IPv4 address and no DNS name`, {
    where: 'redoubt.yaml',
    hint: 'Use lower-case letters, digits, hyphens and dots, without a port.',
  })
}
