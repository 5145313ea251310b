// Dry runs in our own namespace and lists of the whole cluster, for the probes beside it.

import { parseJson } from '../../../../lib/json.ts'
import { systemNamespaces } from '../../../../templates/cluster/namespaces.ts'
import type { Env, Identity } from '../../env.ts'
import { type Answer, describeAnswer, field, judgeStatus, list } from '../../judge.ts'
import { within } from '../../patience.ts'
import { type Check, check, type Probe } from '../../probe.ts'
import { askSandbox } from '../../sandbox.ts'

/** Sends an object as a server-side dry run: admission judges it, nothing is stored or started. */
export function dryRun(env: Env, resource: string, object: unknown): Promise<Answer> {
  return askSandbox(env, `${resource}?dryRun=All`, { method: 'POST', body: object })
}

/** As dryRun, for objects of rbac.authorization.k8s.io, as anybody. */
export function dryRunRbac(env: Env, resource: 'roles' | 'rolebindings', object: object, as: Identity) {
  const { url } = env.model.endpoint
  return env.ask({
    url: `${url}/apis/rbac.authorization.k8s.io/v1/namespaces/${env.namespace}/${resource}?dryRun=All`,
    trust: 'server-ca',
    as,
    method: 'POST',
    body: { apiVersion: 'rbac.authorization.k8s.io/v1', ...object },
  })
}

export function admitted(env: Env, what: string, answer: Answer, status = 201): Check {
  return judgeStatus(env.model.endpoint.url, `${what} (dry run)`, answer, [status])
}

/** Refused, and for this reason: `words` stand in the answer. */
export function refused(env: Env, what: string, answer: Answer, words: string): Check {
  return judgeStatus(env.model.endpoint.url, `${what} (dry run)`, answer, [403], words)
}

/** Milliseconds until every API server must hold to a changed policy: it looks for changes once a second (A pkg/admission/plugin/policy). */
const policyDelay = 4_000

/** As refused, of a policy that may just have been applied: what is admitted is asked again until that must have arrived. */
export function refusedSoon(env: Env, what: string, ask: () => Promise<Answer>, words: string): Promise<Check> {
  return within(env, policyDelay, async () => refused(env, what, await ask(), words))
}

/** All items of a list, as the verifier. Throws with the answer when it is no list, or goes on elsewhere. */
export async function listAll(env: Env, path: string): Promise<unknown[]> {
  const answer = await env.ask({ url: env.model.endpoint.url + path, trust: 'server-ca', as: env.verifier })
  if ('error' in answer || answer.status !== 200) throw new Error(`GET ${path}: ${describeAnswer(answer)}`)
  const found = parseJson(answer.body)
  if (!Array.isArray(field(found, 'items')) || (field(found, 'metadata', 'continue') ?? '') !== '')
    throw new Error(`GET ${path}: no whole list`)
  return list(found, 'items')
}

/** One check for each namespace that is not the system's: `judge` says what is wrong with its objects; nothing when all is well. */
export function everyNamespace(
  where: string,
  sent: string,
  expected: string,
  namespaces: readonly unknown[],
  objects: readonly unknown[],
  judge: (own: unknown[]) => string | undefined,
): Check[] {
  return namespaces
    .filter((namespace) => field(namespace, 'status', 'phase') !== 'Terminating')
    .map((namespace) => String(field(namespace, 'metadata', 'name')))
    .filter((name) => !(systemNamespaces as readonly string[]).includes(name))
    .map((name) => {
      const wrong = judge(objects.filter((object) => field(object, 'metadata', 'namespace') === name))
      return check(wrong === undefined ? 'pass' : 'fail', where, `${sent} of ${name}`, expected, wrong ?? expected)
    })
}

interface NamespaceProbe {
  id: string
  title: string
  control: string
  /** Of the objects that every namespace must have. */
  path: string
  judge(where: string, namespaces: readonly unknown[], objects: readonly unknown[]): Check[]
}

/** A probe that looks at the objects of every namespace, also of one that was made by hand. */
export function namespaceProbe({ id, title, control, path, judge }: NamespaceProbe): Probe {
  return {
    id,
    title,
    group: 'workloads',
    controls: [control],
    needs: ['api'],
    budget: 15_000,
    run: async (env) => {
      const [namespaces, objects] = await Promise.all([listAll(env, '/api/v1/namespaces'), listAll(env, path)])
      return judge(env.model.endpoint.url, namespaces, objects)
    },
  }
}
