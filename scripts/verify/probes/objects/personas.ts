// Personas: in our own namespace each has its role under a group of trial, so that its rights are tried before anybody is given them.

import { type Persona, personas } from '../../../../cluster/spec-access.ts'
import { parseJson } from '../../../../lib/json.ts'
import { systemNamespaces } from '../../../../templates/cluster/namespaces.ts'
import { grants, personaRole, trialGroup } from '../../../../templates/controls/objects/persona-roles.ts'
import type { Env, Identity } from '../../env.ts'
import { type Answer, describeAnswer, field, judgeStatus, list } from '../../judge.ts'
import { type Check, check, type Probe } from '../../probe.ts'
import { metadata } from '../../sandbox.ts'
import { askAccess } from '../identity/who.ts'
import { askEach } from '../targets.ts'
import { admitted, dryRunRbac, listAll, refused } from './ask.ts'
import { clusterMatrix, nobodys, personaMatrix } from './persona-matrix.ts'

const rbac = 'rbac.authorization.k8s.io'

function trial(env: Env, persona: Persona): Promise<Identity> {
  return env.issue({ user: `redoubt:verify:${env.run}`, groups: [trialGroup(persona)] })
}

/** Asks the API server whether `as` may do something: `create pods/exec`. In the whole cluster when no namespace is given. */
function mayI(env: Env, as: Identity, right: string, namespace?: string): Promise<Answer> {
  const [, verb, resource, group = '', subresource] = /^(\S+) ([^./]+)(?:\.([^/]+))?(?:\/(\S+))?$/.exec(right) ?? []
  return askAccess(env, as, {
    verb,
    group,
    resource,
    ...(subresource ? { subresource } : {}),
    ...(namespace ? { namespace } : {}),
  })
}

/** An access review that says what it should. */
export function judgeRight(where: string, sent: string, answer: Answer, wanted: boolean): Check {
  const expected = wanted ? 'allowed' : 'denied'
  if ('error' in answer || answer.status !== 201) return check('unknown', where, sent, expected, describeAnswer(answer))
  const allowed = field(parseJson(answer.body), 'status', 'allowed')
  if (typeof allowed !== 'boolean') return check('unknown', where, sent, expected, describeAnswer(answer))
  return check(allowed === wanted ? 'pass' : 'fail', where, sent, expected, allowed ? 'allowed' : 'denied')
}

function askAll(
  env: Env,
  as: Identity,
  persona: Persona,
  rights: { may: readonly string[]; mayNot: readonly string[] },
  namespace?: string,
): Promise<Check[]> {
  const place = namespace ? `in ${namespace}` : 'everywhere'
  const cases = [
    ...rights.may.map((right) => [right, true] as const),
    ...rights.mayNot.map((right) => [right, false] as const),
  ]
  return askEach(cases, async ([right, wanted]) =>
    judgeRight(
      env.model.endpoint.url,
      `may a ${persona} ${right} ${place}`,
      await mayI(env, as, right, namespace),
      wanted,
    ),
  )
}

const matrix: Probe = {
  id: 'persona-matrix',
  title: 'each persona may what its role says in a namespace, and nothing beyond or elsewhere',
  group: 'authorization',
  controls: ['persona-roles'],
  needs: ['sandbox', 'issue'],
  budget: 40_000,
  run: (env) =>
    askEach(personas, async (persona) => {
      const as = await trial(env, persona)
      const { may, mayNot } = personaMatrix[persona]
      return [
        ...(await askAll(env, as, persona, { may, mayNot: [...mayNot, ...nobodys] }, env.namespace)),
        ...(await askAll(env, as, persona, { may: [], mayNot: ['list pods'] }, 'kube-system')),
      ]
    }),
}

const escalation: Probe = {
  id: 'persona-escalation',
  title: 'a namespace’s administrator passes on what he holds, and can neither escalate, bind nor impersonate',
  group: 'authorization',
  controls: ['persona-roles'],
  needs: ['sandbox', 'issue'],
  budget: 20_000,
  run: async (env) => {
    const { url } = env.model.endpoint
    const [operator, developer] = await Promise.all([trial(env, 'operator'), trial(env, 'developer')])
    const role = (resource: string, verb: string) => ({
      kind: 'Role',
      metadata: metadata(env, 'persona'),
      rules: [{ apiGroups: [''], resources: [resource], verbs: [verb] }],
    })
    const bind = (name: string) => ({
      kind: 'RoleBinding',
      metadata: metadata(env, 'persona'),
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
      subjects: [{ apiGroup: rbac, kind: 'Group', name: `redoubt:verify:${env.run}` }],
    })
    const roleAs = (as: Identity, resource: string, verb: string) => dryRunRbac(env, 'roles', role(resource, verb), as)
    const bindAs = (as: Identity, name: string) => dryRunRbac(env, 'rolebindings', bind(name), as)
    const borrowed = { 'Impersonate-User': 'system:kube-controller-manager' }
    return [
      admitted(env, 'an operator makes a role that reads Secrets', await roleAs(operator, 'secrets', 'get')),
      refused(
        env,
        'an operator makes a role that issues tokens',
        await roleAs(operator, 'serviceaccounts/token', 'create'),
        'attempting to grant',
      ),
      admitted(env, 'an operator binds viewer', await bindAs(operator, personaRole('viewer'))),
      refused(env, 'an operator binds cluster-admin', await bindAs(operator, 'cluster-admin'), 'attempting to grant'),
      refused(
        env,
        'a developer binds viewer',
        await bindAs(developer, personaRole('viewer')),
        'cannot create resource',
      ),
      judgeStatus(
        url,
        'an operator impersonates the controller manager',
        await env.ask({ url: `${url}/api/v1/nodes`, trust: 'server-ca', as: operator, headers: borrowed }),
        [403],
        'cannot impersonate',
      ),
    ]
  },
}

/** The whole cluster, or a namespace in which the system runs. */
function isSystems(namespace: unknown): boolean {
  return namespace === undefined || (systemNamespaces as readonly unknown[]).includes(namespace)
}

/** Who holds a persona's role on the whole cluster or where the system runs, and each binding of the spec: for those it names, as far as they are bound yet. */
export function judgeGrants(where: string, live: readonly unknown[], wanted: readonly unknown[]): Check[] {
  const known = personas.map(personaRole)
  const place = (binding: unknown) =>
    `${field(binding, 'metadata', 'namespace') ?? 'cluster'} ${field(binding, 'metadata', 'name')}`
  const subjects = (binding: unknown) =>
    list(binding, 'subjects')
      .map((subject) => `${field(subject, 'kind')} ${field(subject, 'name')}`)
      .sort()
  const strangers = live.filter(
    (binding) =>
      isSystems(field(binding, 'metadata', 'namespace')) &&
      known.includes(String(field(binding, 'roleRef', 'name'))) &&
      !wanted.some((one) => place(one) === place(binding)),
  )
  const expected = 'bound on the whole cluster and in system namespaces by spec.access only'
  return [
    strangers.length === 0
      ? check('pass', where, 'bindings of persona roles', expected, `${live.length} bindings, no other`)
      : check('fail', where, 'bindings of persona roles', expected, strangers.map(place).join(', ')),
    ...wanted.map((one) => {
      const own = live.find((binding) => place(binding) === place(one))
      const wait =
        own !== undefined && subjects(own).length === subjects(one).length ? '' : ', the others wait for verify'
      const good =
        own === undefined || (subjects(own).every((name) => subjects(one).includes(name)) && sameRole(own, one))
      const saw = `${subjects(own).join(', ') || 'nobody'}${wait}`
      return check(good ? 'pass' : 'fail', where, place(one), `nobody but ${subjects(one).join(', ')}`, saw)
    }),
  ]
}

function sameRole(a: unknown, b: unknown): boolean {
  return field(a, 'roleRef', 'name') === field(b, 'roleRef', 'name')
}

const granted: Probe = {
  id: 'persona-grants',
  title: 'those whom the spec gives a role on the whole cluster have it as rendered, and nobody else has',
  group: 'authorization',
  controls: ['persona-roles'],
  needs: ['api', 'issue'],
  budget: 30_000,
  run: async (env) => {
    const found = await Promise.all(
      ['clusterrolebindings', 'rolebindings'].map((resource) => listAll(env, `/apis/${rbac}/v1/${resource}`)),
    )
    const live = found.flat()
    const asked = env.model.spec.access.flatMap(({ persona, groups }) =>
      groups.map(async (group) => {
        const rights = clusterMatrix[persona]
        const bound = live.some(
          (binding) =>
            field(binding, 'metadata', 'name') === `redoubt:grant:${persona}` &&
            list(binding, 'subjects').some((subject) => field(subject, 'name') === group),
        )
        if (!rights || !bound) return []
        const as = await env.issue({ user: `redoubt:verify:${env.run}`, groups: [group] })
        return askAll(env, as, persona, rights)
      }),
    )
    return [...judgeGrants(env.model.endpoint.url, live, grants(env.model)), ...(await Promise.all(asked)).flat()]
  },
}

export const personaProbes: readonly Probe[] = [matrix, escalation, granted]
