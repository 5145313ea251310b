import { imageReference } from '../../cluster/lock.ts'
import { fail } from '../../lib/errors.ts'
import { parseJson } from '../../lib/json.ts'
import { pairLabel } from '../../templates/controls/objects/network-policies.ts'
import type { Env } from './env.ts'
import { field, list } from './judge.ts'
import { pause } from './patience.ts'
import { askSandbox, createAccount, createObject, metadata } from './sandbox.ts'

/** A pod of agnhost on one node and the Service in front of it. */
export interface TestPod {
  node: string
  name: string
  uid: string
  address: string
  /** Name of its Service, port 80. */
  service: string
}

export interface TestPods {
  account: string
  pods: TestPod[]
}

/** Where agnhost serves in a test pod. */
export const containerPort = 8080
const user = 65532

/** A pod as the restricted standard wants it. */
export function compliantPod(env: Pick<Env, 'lock' | 'run'>, name: string, account: string): PodObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata(env, name),
    spec: {
      serviceAccountName: account,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, runAsUser: user, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'agnhost',
          image: imageReference(env.lock, 'agnhost'),
          args: ['netexec', `--http-port=${containerPort}`, '--udp-port=-1'],
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            readOnlyRootFilesystem: true,
          },
          resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
        },
      ],
    },
  }
}

export interface PodObject {
  apiVersion: 'v1'
  kind: 'Pod'
  metadata: { name: string; labels: Record<string, string> }
  spec: { containers: Record<string, unknown>[]; [field: string]: unknown }
}

/**
 * Starts a pod and a Service on each of the first two nodes and waits until they serve, for `timeout` milliseconds.
 * Throws, saying what it waited for.
 */
export async function startPods(env: Env, timeout: number): Promise<TestPods> {
  const end = performance.now() + timeout
  const account = await createAccount(env, 'pods')
  const nodes = env.model.nodes.slice(0, 2)
  const pods = await Promise.all(
    nodes.map(async (node) => {
      const pod = compliantPod(env, `on-${node.name}`, account)
      const app = { 'redoubt.dev/probe': pod.metadata.name }
      Object.assign(pod.metadata.labels, app, { [pairLabel]: 'allowed' })
      place(pod, node.name)
      Object.assign(pod.spec.containers[0] ?? {}, {
        // /healthz is for agnhost's UDP server.
        readinessProbe: { httpGet: { path: '/hostname', port: containerPort }, periodSeconds: 1 },
      })
      const service = await createObject(env, 'services', {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: metadata(env, `svc-${node.name}`),
        spec: { selector: app, ports: [{ port: 80, targetPort: containerPort }] },
      })
      const name = await createObject(env, 'pods', pod)
      return { node: node.name, service, ...(await waitReady(env, name, end)) }
    }),
  )
  return { account, pods }
}

/** Starts one more pod on a node and waits until it runs, for 90 s. Throws, saying what it waited for. */
export async function startPod(env: Env, pod: PodObject, node: string): Promise<Omit<TestPod, 'service'>> {
  place(pod, node)
  return { node, ...(await waitReady(env, await createObject(env, 'pods', pod), performance.now() + 90_000)) }
}

/** Through the scheduler, which is thereby seen working; control planes are tainted. */
function place(pod: PodObject, node: string): void {
  Object.assign(pod.spec, {
    nodeSelector: { 'kubernetes.io/hostname': node },
    tolerations: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
  })
}

async function waitReady(env: Env, name: string, end: number): Promise<{ name: string; uid: string; address: string }> {
  let state = 'nothing yet'
  while (!env.signal.aborted && performance.now() < end) {
    const answer = await askSandbox(env, `pods/${name}`)
    const pod = 'error' in answer ? undefined : parseJson(answer.body)
    const conditions = list(pod, 'status', 'conditions')
    const ready = conditions.some((c) => field(c, 'type') === 'Ready' && field(c, 'status') === 'True')
    const address = field(pod, 'status', 'podIP')
    if (ready && typeof address === 'string') return { name, uid: String(field(pod, 'metadata', 'uid')), address }
    state = describePod(pod)
    await pause(300)
  }
  return fail('failed', `pod ${name} did not become ready: ${state}`)
}

/** Why a pod is not ready, as far as its status says. */
export function describePod(pod: unknown): string {
  const unscheduled = list(pod, 'status', 'conditions').find((c) => field(c, 'reason') === 'Unschedulable')
  if (unscheduled) return `unschedulable: ${field(unscheduled, 'message')}`
  const waiting = field(list(pod, 'status', 'containerStatuses')[0], 'state', 'waiting')
  const why = waiting ? ` (${field(waiting, 'reason')} ${field(waiting, 'message') ?? ''})`.trimEnd() : ''
  return `${field(pod, 'status', 'phase') ?? 'no status'}${why}`
}

/** What came of asking a pod to reach another. `asked` is false when the pod itself could not be asked. */
export type Dialled = { reached: string } | { error: string; asked: boolean }

/** Asks the pod at $1, port $2, for $3, from the node that it runs on, and prints what it answers. */
const fetchScript = `timeout 60 bash -c 'exec 3<>"/dev/tcp/$0/$1" && printf "GET %s HTTP/1.0\\r\\n\\r\\n" "$2" >&3 && cat <&3' "$1" "$2" "$3"`

/** What pod `from` answers to a request: through the API server, or, where policies keep that one out, from its own node. */
async function askPod(env: Env, from: Dialler, path: string): Promise<{ error: string } | { text: string }> {
  if (env.model.network.provider === 'routes') {
    const answer = await askSandbox(env, `pods/${from.name}:${containerPort}/proxy/${path}`)
    if ('error' in answer) return { error: `the API server did not answer: ${answer.error}` }
    return { text: answer.status === 200 ? answer.body : `${answer.status} ${answer.body}` }
  }
  const { code, stdout } = await env.shell(from.node, fetchScript, {
    args: [from.address, String(containerPort), `/${path}`],
  })
  if (code !== 0) return { error: `its node could not ask the pod: exit code ${code}` }
  return { text: stdout.slice(stdout.indexOf('\r\n\r\n') + 4) }
}

type Dialler = Pick<TestPod, 'name' | 'node' | 'address'>

/** Asks pod `from` to fetch `http://host:port/hostname`, by agnhost's /dial. Returns the name it got, or why it got none. */
export async function dial(env: Env, from: Dialler, host: string, port: number): Promise<Dialled> {
  const query = new URLSearchParams({ host, port: String(port), request: 'hostname', protocol: 'http', tries: '1' })
  const answer = await askPod(env, from, `dial?${query}`)
  if ('error' in answer) return { error: answer.error, asked: false }
  const seen = parseJson(answer.text)
  const reached = list(seen, 'responses')[0]
  if (typeof reached === 'string') return { reached }
  const error = list(seen, 'errors')[0]
  return { error: String(error ?? answer.text), asked: error !== undefined }
}

/** As dial, again until it is reached or `patience` milliseconds are over; returns the last answer. */
export async function dialUntil(
  env: Env,
  from: Dialler,
  host: string,
  port: number,
  patience: number,
): Promise<Dialled> {
  const end = performance.now() + patience
  for (;;) {
    const answer = await dial(env, from, host, port)
    if ('reached' in answer || performance.now() >= end || env.signal.aborted) return answer
    await pause(300)
  }
}
