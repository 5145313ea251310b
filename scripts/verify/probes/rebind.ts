// Rights are asked for anew with every request: what is taken away is gone.
import type { Env, Identity } from '../env.ts'
import { judgeStatus } from '../judge.ts'
import { within } from '../patience.ts'
import type { Check, Probe } from '../probe.ts'
import { createObject, deleteObject, metadata } from '../sandbox.ts'
import { apiServers } from './targets.ts'

/** Milliseconds that a change of RBAC may take to reach every API server: they watch it, nothing is cached by time. */
const patience = 10_000

const rebind: Probe = {
  id: 'rebind-forbidden',
  title: 'a binding that is taken away gives 403 to the same identity within seconds',
  group: 'authorization',
  controls: ['authorization-rbac'],
  needs: ['sandbox', 'issue'],
  budget: 45_000,
  run: async (env) => {
    const user = `redoubt:verify:${env.run}-rebind`
    const as = await env.issue({ user })
    const path = `/api/v1/namespaces/${env.namespace}/pods?limit=1`
    const before = await onAll(env, path, as, 403, 'GET pods before the binding')
    const api = 'rbac.authorization.k8s.io'
    const about = metadata(env, 'rebind')
    await createObject(env, 'roles', {
      apiVersion: `${api}/v1`,
      kind: 'Role',
      metadata: about,
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }],
    })
    const binding = await createObject(env, 'rolebindings', {
      apiVersion: `${api}/v1`,
      kind: 'RoleBinding',
      metadata: about,
      roleRef: { apiGroup: api, kind: 'Role', name: about.name },
      subjects: [{ apiGroup: api, kind: 'User', name: user }],
    })
    const bound = await onAll(env, path, as, 200, 'GET pods with the binding')
    await deleteObject(env, 'rolebindings', binding)
    return [...before, ...bound, ...(await onAll(env, path, as, 403, 'GET pods after the binding was deleted'))]
  },
}

/** Asks every API server until it gives the expected status or patience ends. */
function onAll(env: Env, path: string, as: Identity, expected: number, sent: string): Promise<Check[]> {
  return Promise.all(
    apiServers(env).map(({ where }) =>
      within(env, patience, async () =>
        judgeStatus(where, sent, await env.ask({ url: where + path, trust: 'server-ca', as }), [expected]),
      ),
    ),
  )
}

export const rebindProbes: readonly Probe[] = [rebind]
