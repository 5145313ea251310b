// From a workspace to an Env: who we are, what we may ask, how to get to the nodes, and what of that is missing.
import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { loadHosts } from '../../cluster/hosts.ts'
import { loadLock } from '../../cluster/lock.ts'
import { buildModel } from '../../cluster/model.ts'
import { loadSpec } from '../../cluster/spec.ts'
import type { KeyChoice } from '../../cluster/spec-shape.ts'
import { fail, messageOf } from '../../lib/errors.ts'
import { safeMessage } from '../../lib/exec.ts'
import { readText } from '../../lib/files.ts'
import { httpsRequest } from '../../lib/https.ts'
import { readAuthorities } from '../../pki/foreign.ts'
import { loadPublicPki, type PublicPki } from '../../pki/public.ts'
import { identityKey, issueClient, issueExpiredClient, issueForeignClient } from '../../pki/short-lived.ts'
import { verifierGroup, verifierNamespace, verifierUser } from '../../templates/cluster/verifier.ts'
import type { Context } from '../command.ts'
import { connectNodes } from '../ssh/connect.ts'
import type { NodeShell } from '../ssh/transport.ts'
import type { Ask, Env, Identity, IdentityRequest } from './env.ts'
import { handshake, plaintext, trustOnly } from './handshake.ts'
import { type Answer, describeAnswer } from './judge.ts'
import { signToken } from './jwt.ts'
import { startPods, type TestPods } from './pods.ts'
import { type Rendered, readRendered } from './rendered.ts'
import { sandboxProblem } from './sandbox.ts'

/**
 * Milliseconds for one exchange. A pod takes two seconds, but after an API server was away a kubelet asks again only within 30 s, at
 * random up to twice that (client-go's reflector).
 */
const timeouts = { ask: 10_000, handshake: 5_000, plaintext: 4_000, pods: 90_000 }
/** Minutes that our identities live. */
const lifetime = 15

export interface Opened {
  env: Env
  rendered: Pick<Rendered, 'controls' | 'off' | 'forced' | 'profile' | 'overrides'>
  close(): Promise<void>
}

/** Reads the workspace and looks at what can be reached. Throws `usage` for what is missing in the workspace, never for the cluster. */
export async function openEnv(context: Context): Promise<Opened> {
  const { workspace, signal, now } = context
  const [spec, lock, hosts, pki] = await Promise.all([
    loadSpec(workspace.spec),
    loadLock(workspace.lock),
    loadHosts(workspace.hosts),
    loadPublicPki(workspace.keys),
  ])
  const model = buildModel(spec, hosts)
  const rendered = await readRendered(workspace)
  const issue = issuer(workspace.keys, model.spec.pki.keys, now)
  const provider = await providerKey(workspace.root, spec.spec.authentication.oidc?.testKey)
  const shells = await connectNodes(workspace, spec, hosts.hosts, 'known')
  const base: Fixed = {
    model,
    lock,
    site: {
      model,
      lock,
      pki,
      reveal: (ref) => fail('internal', `a probe asked for the secret ${ref}`),
      authorities: (path) => readAuthorities(join(workspace.root, path)),
    },
    run: randomBytes(4).toString('hex'),
    namespace: verifierNamespace,
    issue,
    sign: (claims) => signToken(provider.key ?? fail('internal', 'there is no key of a provider'), claims),
    authority: (id) => pki.authority(id),
    renderedHash: (node, path) => rendered.trees.get(node)?.files.find((file) => file.path === path)?.sha256,
    tree: (node) => rendered.trees.get(node) ?? fail('internal', `no tree of ${node}`),
    now,
  }
  const reach = { pki, shells }
  const { missing, verifier } = await examine(connect(base, reach, noIdentity, {}, signal), shells)
  // Without a key in the spec its probes are not applicable: there is nothing to miss.
  if (provider.why !== '') missing['provider-key'] = provider.why
  return {
    env: connect(base, reach, verifier ?? noIdentity, missing, signal),
    rendered,
    close: async () => void (await Promise.all(shells.map((shell) => shell.close()))),
  }
}

type Fixed = Omit<
  Env,
  'verifier' | 'missing' | 'signal' | 'withSignal' | 'pods' | 'ask' | 'handshake' | 'plaintext' | 'shell'
>
const noIdentity: Identity = { name: 'nobody', certificate: '', key: '' }

/** An Env whose exchanges end when `signal` fires; those made from it by withSignal() share its test pods. */
function connect(
  base: Fixed,
  reach: { pki: PublicPki; shells: readonly NodeShell[] },
  verifier: Identity,
  missing: Env['missing'],
  signal: AbortSignal,
): Env {
  let started: Promise<TestPods> | undefined
  const under = (signal: AbortSignal): Env => ({
    ...base,
    verifier,
    missing,
    ask: (request) => ask(request, reach.pki, signal),
    handshake: (options) => handshake({ ...options, timeout: timeouts.handshake, signal }),
    plaintext: (options) => plaintext({ ...options, timeout: timeouts.plaintext, signal }),
    shell: (node, script, options) => runOn(reach.shells, node, script, options, signal),
    pods: () => {
      started ??= startPods(first, timeouts.pods)
      return started
    },
    withSignal: under,
    signal,
  })
  const first = under(signal)
  return first
}

/** Tries each need once, so that what is missing is said once and not by every probe. */
async function examine(env: Env, shells: readonly NodeShell[]) {
  const missing: Partial<Record<keyof Env['missing'], string>> = {}
  let verifier: Identity | undefined
  try {
    verifier = await env.issue({ user: verifierUser, groups: [verifierGroup] })
    await env.issue({ user: verifierUser, authority: 'etcd-ca' })
    await env.issue({ user: verifierUser, authority: 'kubelet-client-ca' })
  } catch (error) {
    missing.issue = safeMessage(error)
  }
  const identified = { ...env, verifier: verifier ?? env.verifier }
  const [apiProblem, nodeProblem] = await Promise.all([apiProblemOf(identified), nodesProblem(env, shells)])
  if (!verifier) missing.api = 'we have no client certificate'
  else if (apiProblem) missing.api = apiProblem
  const sandbox = missing.api ?? (await sandboxProblem(identified))
  if (sandbox) missing.sandbox = sandbox
  if (nodeProblem) missing.nodes = nodeProblem
  return { missing, verifier }
}

async function apiProblemOf(env: Env): Promise<string | undefined> {
  const answer = await env.ask({ url: `${env.model.endpoint.url}/api/v1/nodes`, trust: 'server-ca', as: env.verifier })
  if (!('error' in answer) && answer.status === 200) return undefined
  if ('error' in answer) return `${env.model.endpoint.url} does not answer: ${answer.error}`
  return `the API server does not let the verifier list nodes (run \`redoubt apply\`): ${describeAnswer(answer)}`
}

/** Why no node can be reached at all. Where some can, each probe says itself which one it could not reach. */
async function nodesProblem(env: Env, shells: readonly NodeShell[]): Promise<string | undefined> {
  const problems = await Promise.all(
    shells.map((shell) =>
      env.shell(shell.name, 'exit 0').then(
        () => undefined,
        (error: unknown) => safeMessage(error),
      ),
    ),
  )
  return problems.every((problem) => problem !== undefined) ? problems[0] : undefined
}

function issuer(keysFolder: string, keys: KeyChoice, now: () => Date): Env['issue'] {
  const issuers = { none: issueClient, expired: issueExpiredClient, foreign: issueForeignClient }
  const made = identityKey(keys)
  made.catch(() => {}) // whoever asks for an identity hears of it
  return async ({ user, groups = [], authority = 'client-ca', flaw }: IdentityRequest) => {
    const request = { keysFolder, key: await made, issuer: authority, user, groups, minutes: lifetime, now: now() }
    const { cert, key } = await issuers[flaw ?? 'none'](request)
    return { name: `${user}${groups.length > 0 ? ` (${groups.join(' ')})` : ''}`, certificate: cert, key }
  }
}

/** The key by which a test identity provider signs, or why there is none. */
async function providerKey(root: string, path: string | undefined): Promise<{ key?: KeyObject; why: string }> {
  if (path === undefined) return { why: '' }
  try {
    return { key: createPrivateKey(await readText(join(root, path), 'redoubt.yaml names it.')), why: '' }
  } catch (error) {
    return { why: `${path}: ${messageOf(error)}` }
  }
}

async function ask(request: Ask, pki: PublicPki, signal: AbortSignal): Promise<Answer> {
  const { url, trust, as, method = 'GET', headers, body, contentType = 'application/json' } = request
  try {
    return await httpsRequest({
      url,
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': contentType }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      tls: {
        ...trustOnly(typeof trust === 'string' ? pki.authority(trust) : trust.pem),
        ...(as ? { cert: as.certificate, key: as.key } : {}),
      },
      timeout: timeouts.ask,
      signal,
    })
  } catch (error) {
    return { status: 0, error: messageOf(error) }
  }
}

async function runOn(
  shells: readonly NodeShell[],
  node: string,
  script: string,
  options: { args?: readonly string[]; stdin?: string } | undefined,
  signal: AbortSignal,
) {
  const shell = shells.find((one) => one.name === node) ?? fail('internal', `no node ${node}`)
  const accept = Array.from({ length: 254 }, (_, code) => code + 1)
  try {
    const { code, stdout } = await shell.run(script, { ...options, accept, timeout: 30_000, signal })
    return { code, stdout }
  } catch (error) {
    // What a result shows is the message alone, and it must name the node.
    return fail('failed', `node ${node}: ${safeMessage(error)}`, { cause: error })
  }
}
