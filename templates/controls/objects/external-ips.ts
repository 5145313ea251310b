import type { Control } from '../../control.ts'
import { admissionPolicy, type Policy } from './policy.ts'

/** What is refused, in the words that the API server answers with. */
const externalAddressMessage = 'external IPs of Services draw traffic that is meant for others'
export const balancerAddressMessage = 'addresses of load balancers are set by controllers of kube-system only'

const same = (path: string) => `oldObject != null && has(oldObject.${path}) && oldObject.${path} == object.${path}`

const policy: Policy = {
  name: 'redoubt-external-ips',
  rules: [{ groups: [''], resources: ['services', 'services/status'], operations: ['CREATE', 'UPDATE'] }],
  validations: [
    {
      expression: `!has(object.spec.externalIPs) || object.spec.externalIPs.size() == 0 || (${same('spec.externalIPs')})`,
      message: externalAddressMessage,
    },
    {
      expression: `!has(object.status.loadBalancer.ingress) || object.status.loadBalancer.ingress.size() == 0 || (${same('status.loadBalancer.ingress')}) || request.userInfo.username.startsWith('system:serviceaccount:kube-system:')`,
      message: balancerAddressMessage,
    },
  ],
}

export const externalIps: Control = {
  id: 'external-ips',
  title: 'Nobody draws another’s traffic to a Service: neither by external IPs nor by a load balancer’s address',
  references: ['CIS 1.2.3', 'claim: hostile network'],
  why: 'Whoever may write a Service can take over any address for all nodes (CVE-2020-8554); the admission plugin knows only one of the two ways.',
  on: () => ({ objects: admissionPolicy(policy, 'Deny') }),
  off: () => ({ objects: admissionPolicy(policy, 'Audit') }),
}
