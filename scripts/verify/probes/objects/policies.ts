// The admission policies that are no images': addresses of Services, bindings of the mightiest, Secrets in environments.
import { verifierUser } from '../../../../templates/cluster/verifier.ts'
import { balancerAddressMessage } from '../../../../templates/controls/objects/external-ips.ts'
import { secretEnvMessage } from '../../../../templates/controls/objects/secret-env.ts'
import { adminGroup, mastersMessage } from '../../../../templates/controls/objects/system-masters.ts'
import type { Env } from '../../env.ts'
import { field, list } from '../../judge.ts'
import { compliantPod, type PodObject } from '../../pods.ts'
import { type Check, check, type Probe } from '../../probe.ts'
import { askSandbox, createAccount, createObject, metadata } from '../../sandbox.ts'
import { admitted, dryRun, dryRunRbac, listAll, refused, refusedSoon } from './ask.ts'

/** Of a network for documentation (RFC 5737): nobody's address. */
const address = '203.0.113.7'

/** Of a load balancer of a kind that no controller serves: it stays without an address, and without a port on the nodes. */
const unclaimed = {
  type: 'LoadBalancer',
  loadBalancerClass: 'redoubt.dev/nobody',
  allocateLoadBalancerNodePorts: false,
}

function service(env: Env, spec: object, name = 'addresses'): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(env, name),
    spec: { selector: { app: 'nobody' }, ports: [{ port: 80 }], ...spec },
  }
}

function setAddress(env: Env, name: string, ingress: object[]) {
  return askSandbox(env, `services/${name}/status?dryRun=All`, {
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    body: { status: { loadBalancer: { ingress } } },
  })
}

const externalIps: Probe = {
  id: 'external-ips',
  title: 'a Service draws no foreign address to itself, by external IPs or by a load balancer’s',
  group: 'workloads',
  controls: ['external-ips'],
  needs: ['sandbox'],
  budget: 20_000,
  run: async (env) => {
    const name = await createObject(env, 'services', service(env, unclaimed, 'balanced'))
    return [
      admitted(env, 'a Service', await dryRun(env, 'services', service(env, {}))),
      // The admission plugin may be first to say so.
      refused(
        env,
        `a Service with the external IP ${address}`,
        await dryRun(env, 'services', service(env, { externalIPs: [address] })),
        'external IPs',
      ),
      admitted(env, 'the same status as before', await setAddress(env, name, []), 200),
      await refusedSoon(
        env,
        `a status with the load balancer ${address}`,
        () => setAddress(env, name, [{ ip: address }]),
        balancerAddressMessage,
      ),
    ]
  },
}

const mastersBinding: Probe = {
  id: 'system-masters-binding',
  title: 'system:masters cannot be bound to anything, another group to the same role can',
  group: 'authorization',
  controls: ['system-masters'],
  needs: ['sandbox'],
  budget: 15_000,
  run: async (env) => {
    const bind = (group: string) =>
      dryRunRbac(
        env,
        'rolebindings',
        {
          kind: 'RoleBinding',
          metadata: metadata(env, 'masters'),
          // Our own role: RBAC lets everybody pass on what he holds, so that only the policy can refuse it.
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: verifierUser },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group }],
        },
        env.verifier,
      )
    return [
      admitted(env, 'bind a group without members', await bind(`redoubt:verify:${env.run}`)),
      await refusedSoon(env, 'bind system:masters', () => bind('system:masters'), mastersMessage),
    ]
  },
}

/** Nobody is bound to cluster-admin, and system:masters to nothing, but for upstream's own binding and the operators' group. */
export function judgeMasters(where: string, bindings: readonly unknown[]): Check[] {
  const sent = 'list the bindings of roles'
  const expected = `system:masters by upstream’s binding, cluster-admin for ${adminGroup}, nothing else`
  if (bindings.length === 0) return [check('unknown', where, sent, expected, 'no bindings at all')]
  const wrong = bindings.flatMap((binding) => {
    const name = String(field(binding, 'metadata', 'name'))
    const isAdmin =
      field(binding, 'roleRef', 'kind') === 'ClusterRole' && field(binding, 'roleRef', 'name') === 'cluster-admin'
    const upstream = isAdmin && name === 'cluster-admin' && field(binding, 'metadata', 'namespace') === undefined
    return list(binding, 'subjects')
      .map((subject) => `${field(subject, 'kind')} ${field(subject, 'name')}`)
      .filter((subject) => {
        if (subject === 'Group system:masters') return !upstream
        return isAdmin && subject !== `Group ${adminGroup}`
      })
      .map((subject) => `${name}: ${subject}`)
  })
  if (wrong.length === 0) return [check('pass', where, sent, expected, `${bindings.length} bindings`)]
  return wrong.map((text) => check('fail', where, sent, expected, text))
}

const admins: Probe = {
  id: 'cluster-admins',
  title: 'nobody but the operators’ group is bound to cluster-admin, and nothing to system:masters',
  group: 'authorization',
  controls: ['system-masters'],
  needs: ['api'],
  budget: 15_000,
  run: async (env) => {
    const api = '/apis/rbac.authorization.k8s.io/v1'
    const found = await Promise.all(
      ['clusterrolebindings', 'rolebindings'].map((resource) => listAll(env, `${api}/${resource}`)),
    )
    return judgeMasters(env.model.endpoint.url, found.flat())
  },
}

const secretEnv: Probe = {
  id: 'secret-env',
  title: 'a pod that takes a Secret into its environment is refused, one that mounts it is admitted',
  group: 'workloads',
  controls: ['secret-env'],
  needs: ['sandbox'],
  budget: 20_000,
  run: async (env) => {
    const account = await createAccount(env, 'environment')
    const pod = (change: (first: Record<string, unknown>, pod: PodObject) => void): PodObject => {
      const made = compliantPod(env, 'environment', account)
      change(made.spec.containers[0] ?? {}, made)
      return made
    }
    const variable = { env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }] }
    const attacks: Record<string, PodObject> = {
      'a variable from a Secret': pod((first) => Object.assign(first, variable)),
      'all of a Secret as variables': pod((first) => Object.assign(first, { envFrom: [{ secretRef: { name: 'a' } }] })),
      'the same in an init container': pod((first, made) => {
        made.spec.initContainers = [{ ...first, ...variable, name: 'init' }]
      }),
    }
    const mounting = pod((first, made) => {
      made.spec.volumes = [{ name: 'secret', secret: { secretName: 'a' } }]
      Object.assign(first, { volumeMounts: [{ name: 'secret', mountPath: '/secret' }] })
    })
    return Promise.all([
      dryRun(env, 'pods', mounting).then((answer) => admitted(env, 'a pod that mounts a Secret', answer)),
      ...Object.entries(attacks).map(([name, made]) =>
        refusedSoon(env, `a pod with ${name}`, () => dryRun(env, 'pods', made), secretEnvMessage),
      ),
    ])
  },
}

export const policyProbes: readonly Probe[] = [externalIps, mastersBinding, admins, secretEnv]
