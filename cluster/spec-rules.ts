import { contains, formatCidr, overlaps, parseAddress, parseCidr } from '../lib/cidr.ts'
import { fail } from '../lib/errors.ts'
import { disordered, isCounted, mergeLimits } from './bounds.ts'
import { nodePodCidr } from './model.ts'
import { thousandths } from './quantity.ts'
import type { LoadedSpec } from './spec.ts'
import { clusterPersonas } from './spec-access.ts'
import { checkShape } from './spec-shape-rules.ts'

/** What a schema cannot say: names and addresses once, at least one control plane, networks apart. Throws `usage` at file:line. */
export function checkSpec(spec: LoadedSpec): void {
  const { nodes, network } = spec.spec
  checkNodeNames(spec)
  checkUnique(spec, 'name')
  checkUnique(spec, 'address')
  if (!nodes.some((node) => node.role === 'control-plane'))
    fail('usage', 'no node has the role control-plane', { where: spec.where(['spec', 'nodes']) })
  const networks = [
    { name: 'spec.network.podCIDR', cidr: network.podCIDR, path: ['spec', 'network', 'podCIDR'] },
    { name: 'spec.network.serviceCIDR', cidr: network.serviceCIDR, path: ['spec', 'network', 'serviceCIDR'] },
  ]
  const [pods, services] = networks.map((entry) => parseCidr(entry.cidr))
  if (!pods || !services) return
  if (overlaps(pods, services))
    fail('usage', `podCIDR ${network.podCIDR} and serviceCIDR ${network.serviceCIDR} overlap`, {
      where: spec.where(['spec', 'network', 'serviceCIDR']),
      hint: 'Choose two networks without a common address.',
    })
  if (services.prefix > 28 || services.prefix < 12)
    fail('usage', `serviceCIDR ${network.serviceCIDR} must have a prefix of 12 to 28 bits`, {
      where: spec.where(['spec', 'network', 'serviceCIDR']),
    })
  nodes.forEach((node, index) => {
    const address = parseAddress(node.address)
    for (const { name, cidr } of networks) {
      const range = parseCidr(cidr)
      if (address !== undefined && range && contains(range, address))
        fail('usage', `node ${node.name}: address ${node.address} lies inside ${name} ${cidr}`, {
          where: spec.where(['spec', 'nodes', index, 'address']),
        })
    }
  })
  checkPodNetworks(spec)
  checkShape(spec)
  checkAccess(spec)
  checkBounds(spec)
}

/** hosts.yaml keeps hosts by name, and lib/yaml.ts takes no key that every JavaScript object has. */
function checkNodeNames(spec: LoadedSpec): void {
  spec.spec.nodes.forEach(({ name }, index) => {
    if (name === 'prototype' || name in {})
      fail('usage', `${name} cannot be the name of a node`, {
        where: spec.where(['spec', 'nodes', index, 'name']),
        hint: 'Name the node otherwise: cp1, w1.',
      })
  })
}

function checkUnique(spec: LoadedSpec, field: 'name' | 'address'): void {
  const seen = new Map<string, number>()
  spec.spec.nodes.forEach((node, index) => {
    const first = seen.get(node[field])
    if (first !== undefined)
      fail('usage', `two nodes have the ${field} ${node[field]}`, {
        where: spec.where(['spec', 'nodes', index, field]),
        hint: `The first stands at ${spec.where(['spec', 'nodes', first, field])}.`,
      })
    seen.set(node[field], index)
  })
}

function checkPodNetworks(spec: LoadedSpec): void {
  const { nodes } = spec.spec
  const pods = parseCidr(spec.spec.network.podCIDR)
  const ranges = nodes.map((node, index) => {
    const range = nodePodCidr(spec, index)
    const where = spec.where(['spec', 'nodes', index, 'podCIDR'])
    if (!range)
      return fail('usage', `podCIDR ${spec.spec.network.podCIDR} has no /24 left for node ${node.name}`, { where })
    if (!pods || !contains(pods, range.base) || range.prefix < pods.prefix)
      fail('usage', `node ${node.name}: podCIDR ${formatCidr(range)} is not inside ${spec.spec.network.podCIDR}`, {
        where,
      })
    return { name: node.name, range, where }
  })
  ranges.forEach((a, index) => {
    const b = ranges.slice(0, index).find((other) => overlaps(a.range, other.range))
    if (b) fail('usage', `nodes ${b.name} and ${a.name} have overlapping pod networks`, { where: a.where })
  })
}

/** Namespaces are named once; those who act in namespaces say in which, and those exist. */
function checkAccess(spec: LoadedSpec): void {
  const names = spec.spec.namespaces.map((namespace) => namespace.name)
  names.forEach((name, index) => {
    if (names.indexOf(name) < index)
      fail('usage', `namespace ${name} stands here twice`, { where: spec.where(['spec', 'namespaces', index, 'name']) })
  })
  spec.spec.access.forEach(({ persona, namespaces }, index) => {
    const where = spec.where(['spec', 'access', index])
    const everywhere = clusterPersonas.includes(persona)
    if (everywhere && namespaces.length > 0)
      fail('usage', `${persona} acts on the whole cluster: take the namespaces away`, { where })
    if (!everywhere && namespaces.length === 0)
      fail('usage', `${persona} acts in namespaces: say in which`, {
        where,
        hint: `For example namespaces: [${names[0] ?? 'team-a'}].`,
      })
    for (const [place, name] of namespaces.entries())
      if (!names.includes(name))
        fail('usage', `spec.namespaces has no namespace ${name}`, {
          where: spec.where(['spec', 'access', index, 'namespaces', place]),
          hint: `It has ${names.join(', ') || 'none'}.`,
        })
  })
}

/** Bounds of namespaces that no API server takes: fractions of what is counted, and a LimitRange out of order. */
function checkBounds(spec: LoadedSpec): void {
  spec.spec.namespaces.forEach(({ name, quota, limits }, index) => {
    const path = ['spec', 'namespaces', index]
    for (const [resource, amount] of Object.entries(quota))
      if (isCounted(resource) && (thousandths(amount) ?? 0n) % 1000n !== 0n)
        fail('usage', `namespace ${name}: ${resource} is counted: ${amount} is no whole number`, {
          where: spec.where([...path, 'quota', resource]),
        })
    const wrong = disordered(mergeLimits(limits))
    if (wrong) {
      const { resource, low, high, less, more } = wrong
      const said = limits[high][resource as 'cpu'] === undefined ? low : high
      fail('usage', `namespace ${name}: ${resource}: ${low} ${less} is more than ${high} ${more}`, {
        where: spec.where([...path, 'limits', said, resource]),
        hint: 'Wanted: defaultRequest <= default <= max. What the spec does not say has the default of docs/access.md.',
      })
    }
  })
}
