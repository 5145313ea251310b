// What bounds a namespace: the names a quota may have, what redoubt gives where the spec is silent, and their order.
import { thousandths } from './quantity.ts'

/** What the spec may say of a container's bounds: by kind, then resource. */
export type Limits = Record<'default' | 'defaultRequest' | 'max', Record<string, string | undefined>>

/** A namespace's quota where the spec says nothing else. */
export const defaultQuota = {
  pods: '50',
  'requests.cpu': '8',
  'requests.memory': '16Gi',
  'limits.memory': '32Gi',
  // A port on every node and an address of the network's are the cluster operator's to give.
  'services.nodeports': '0',
  'services.loadbalancers': '0',
}

/** A container's bounds where the spec says nothing else. */
export const defaultLimits = {
  default: { cpu: '1', memory: '256Mi' },
  defaultRequest: { cpu: '50m', memory: '64Mi' },
  max: { cpu: '4', memory: '8Gi' },
}

/** The defaults with what the spec says in their place. */
export function mergeLimits(said: Limits): Limits {
  return {
    default: { ...defaultLimits.default, ...said.default },
    defaultRequest: { ...defaultLimits.defaultRequest, ...said.defaultRequest },
    max: { ...defaultLimits.max, ...said.max },
  }
}

const counted = [
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]
const measured =
  /^((requests\.|limits\.)?(cpu|memory|ephemeral-storage)|requests\.storage|(requests\.)?hugepages-[1-9]\d*[KMG]i)$/
const qualified =
  /^(?=.{1,253}\/)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/(?=.{1,63}$)[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/

/** True for a name that a ResourceQuota may have: a known one, or `PREFIX/NAME` (pkg/apis/core/validation, ValidateResourceQuotaResourceName). */
export function isQuotaName(name: string): boolean {
  return counted.includes(name) || measured.test(name) || qualified.test(name)
}

/** True when only whole numbers make sense: objects, devices, bytes of a storage class (pkg/apis/core/helper, IsIntegerResourceName). */
export function isCounted(name: string): boolean {
  return counted.includes(name) || name.includes('/')
}

/**
 * The first two bounds that the API server refuses together, once defaults are filled in: it wants
 * defaultRequest <= default <= max (pkg/apis/core/validation, ValidateLimitRange).
 */
export function disordered(limits: Limits) {
  const order = [
    ['defaultRequest', 'default'],
    ['default', 'max'],
    ['defaultRequest', 'max'],
  ] as const
  for (const [low, high] of order)
    for (const resource of Object.keys(limits[low])) {
      const [less, more] = [limits[low][resource], limits[high][resource]]
      if (less !== undefined && more !== undefined && (thousandths(less) ?? 0n) > (thousandths(more) ?? 0n))
        return { resource, low, high, less, more }
    }
  return undefined
}
