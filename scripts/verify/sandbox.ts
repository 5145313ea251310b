// Our own namespace on the cluster. Names carry the run, everything carries a label by which the next run finds what a killed
// one left. Nothing outside this namespace is ever created, changed or deleted.
import { fail } from '../../lib/errors.ts'
import { parseJson } from '../../lib/json.ts'
import type { Ask, Env } from './env.ts'
import { type Answer, describeAnswer, field, list } from './judge.ts'
import { pause } from './patience.ts'

const label = 'app.kubernetes.io/managed-by'
const value = 'redoubt-verify'
/** Finds what is ours. */
const ours = `labelSelector=${encodeURIComponent(`${label}=${value}`)}`

/** Pods first: what they use goes after them. */
const resources = ['pods', 'services', 'secrets', 'serviceaccounts', 'events', 'rolebindings', 'roles'] as const
export type SandboxResource = (typeof resources)[number]

type Client = Pick<Env, 'ask' | 'verifier' | 'model' | 'namespace'>

/** The API of a resource of ours. */
function apiOf(path: string): string {
  return /^role/.test(path) ? '/apis/rbac.authorization.k8s.io/v1' : '/api/v1'
}

/** A request to the API in our namespace, as the verifier. `path` follows the namespace: `pods/a/log`. */
export async function askSandbox(env: Client, path: string, options: Partial<Ask> = {}): Promise<Answer> {
  const url = `${env.model.endpoint.url}${apiOf(path)}/namespaces/${env.namespace}${path ? `/${path}` : ''}`
  const end = performance.now() + counting
  for (;;) {
    const answer = await env.ask({ url, trust: 'server-ca', as: env.verifier, ...options })
    if ('error' in answer || !isUncounted(answer) || performance.now() > end) return answer
    await pause(300)
  }
}

/** Milliseconds that the controller manager has to count what a new quota bounds. */
const counting = 20_000

/** The quota is so new that nothing was counted yet (A pkg/admission/plugin/resourcequota): no decision. */
function isUncounted(answer: Answer): boolean {
  return !('error' in answer) && answer.status === 403 && answer.body.includes('status unknown for quota')
}

/** Metadata of an object of this run. */
export function metadata(env: Pick<Env, 'run'>, name: string): { name: string; labels: Record<string, string> } {
  return { name: `${name}-${env.run}`, labels: { [label]: value } }
}

/** Creates an object and returns its name. Throws with the answer when it is refused. */
export async function createObject(env: Client, resource: SandboxResource, object: unknown): Promise<string> {
  const answer = await askSandbox(env, resource, { method: 'POST', body: object })
  const name = 'error' in answer ? undefined : field(parseJson(answer.body), 'metadata', 'name')
  if ('error' in answer || answer.status !== 201 || typeof name !== 'string')
    return fail('failed', `${resource} could not be created in ${env.namespace}: ${describeAnswer(answer)}`)
  return name
}

/** Deletes an object. Throws with the answer when that is refused; one that is gone already is fine. */
export async function deleteObject(env: Client, resource: SandboxResource, name: string): Promise<void> {
  const answer = await askSandbox(env, `${resource}/${name}`, { method: 'DELETE' })
  if ('error' in answer || (answer.status >= 300 && answer.status !== 404))
    fail('failed', `${resource} ${name} could not be deleted: ${describeAnswer(answer)}`)
}

/** A service account that nothing is bound to and no pod uses by itself. Returns its name. */
export function createAccount(env: Client & Pick<Env, 'run'>, name: string): Promise<string> {
  return createObject(env, 'serviceaccounts', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata(env, name),
    automountServiceAccountToken: false,
  })
}

/** A token of a service account (TokenRequest). Throws with the answer when none is issued. */
export async function requestToken(
  env: Client,
  account: string,
  request: { audiences?: string[]; expirationSeconds?: number; pod?: { name: string; uid: string } },
): Promise<string> {
  const { audiences = [], expirationSeconds = 600, pod } = request
  const answer = await askSandbox(env, `serviceaccounts/${account}/token`, {
    method: 'POST',
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        audiences,
        expirationSeconds,
        ...(pod ? { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', ...pod } } : {}),
      },
    },
  })
  const token = 'error' in answer ? undefined : field(parseJson(answer.body), 'status', 'token')
  return typeof token === 'string' ? token : fail('failed', `no token was issued: ${describeAnswer(answer)}`)
}

/** Why the namespace cannot be used; undefined when it can. */
export async function sandboxProblem(env: Client): Promise<string | undefined> {
  const answer = await askSandbox(env, '')
  if ('error' in answer) return `the API server does not answer: ${answer.error}`
  if (answer.status === 404) return `the cluster has no namespace ${env.namespace}: run \`redoubt apply\``
  if (answer.status !== 200) return `we may not use namespace ${env.namespace}: ${describeAnswer(answer)}`
  const phase = field(parseJson(answer.body), 'status', 'phase')
  return phase === 'Active' ? undefined : `namespace ${env.namespace} is ${phase}`
}

/** Deletes everything of ours, also of earlier runs. Returns what would not go. */
export async function sweep(env: Client): Promise<string[]> {
  const left: string[] = []
  for (const resource of resources) {
    const answer = await askSandbox(env, `${resource}?${ours}`, {
      method: 'DELETE',
      body: { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 1, propagationPolicy: 'Background' },
    })
    if ('error' in answer || answer.status >= 300) left.push(`${resource}: ${describeAnswer(answer)}`)
  }
  return left
}

/** How many objects of ours exist; undefined when that cannot be told. */
export async function countObjects(env: Client): Promise<number | undefined> {
  const answers = await Promise.all(resources.map((resource) => askSandbox(env, `${resource}?${ours}`)))
  if (answers.some((answer) => 'error' in answer || answer.status !== 200)) return undefined
  return answers.reduce((sum, answer) => sum + list(parseJson('error' in answer ? '' : answer.body), 'items').length, 0)
}
