// What may run. Pods are sent as server-side dry runs: admission judges them, nothing is stored or started.
import { byDigest, imageReference, type Lock } from '../../../cluster/lock.ts'
import { parseJson } from '../../../lib/json.ts'
import { bundleImages, withoutTag } from '../../../templates/images.ts'
import type { Env } from '../env.ts'
import { describeAnswer, field, list } from '../judge.ts'
import { pause } from '../patience.ts'
import { compliantPod, type PodObject } from '../pods.ts'
import { type Check, check, oneLine, type Probe } from '../probe.ts'
import { createAccount } from '../sandbox.ts'
import { admitted, dryRun, refused } from './objects/ask.ts'

async function refusedPod(env: Env, what: string, pod: PodObject, words: string): Promise<Check> {
  return refused(env, what, await dryRun(env, 'pods', pod), words)
}

async function admittedPod(env: Env, what: string, account: string): Promise<Check> {
  return admitted(env, what, await dryRun(env, 'pods', compliantPod(env, 'good', account)))
}

/** Pods that the restricted standard refuses, each for one reason. */
const violations: Record<string, (pod: PodObject) => void> = {
  'a privileged container': (pod) => container(pod, { privileged: true, allowPrivilegeEscalation: true }),
  'a hostPath volume': (pod) => Object.assign(pod.spec, { volumes: [{ name: 'host', hostPath: { path: '/' } }] }),
  'the host’s network': (pod) => Object.assign(pod.spec, { hostNetwork: true }),
  'the host’s processes': (pod) => Object.assign(pod.spec, { hostPID: true }),
  'a container as root': (pod) => container(pod, { runAsNonRoot: false, runAsUser: 0 }),
  'an added capability': (pod) => container(pod, { capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } }),
}

function container(pod: PodObject, context: Record<string, unknown>): void {
  const first = pod.spec.containers[0] ?? {}
  Object.assign(first, { securityContext: { ...(first.securityContext as object), ...context } })
}

const podSecurity: Probe = {
  id: 'pod-security',
  title: 'a restricted namespace refuses privileged pods and admits a compliant one',
  group: 'workloads',
  controls: ['pod-security'],
  needs: ['sandbox'],
  budget: 20_000,
  run: async (env) => {
    const account = await createAccount(env, 'admission')
    const bad = Object.entries(violations).map(([name, spoil]) => {
      const pod = compliantPod(env, 'bad', account)
      spoil(pod)
      return refusedPod(env, `a pod with ${name}`, pod, 'violates PodSecurity')
    })
    return Promise.all([admittedPod(env, 'a compliant pod', account), ...bad])
  },
}

const unlisted = `redoubt.dev/agnhost@sha256:${'0'.repeat(64)}`

const imagePolicy: Probe = {
  id: 'image-policy',
  title: 'a pod with an image that is not the bundle’s, or is named by tag, is refused',
  group: 'workloads',
  controls: ['image-provenance'],
  needs: ['sandbox'],
  budget: 20_000,
  run: async (env) => {
    const account = await createAccount(env, 'images')
    const tagged = env.lock.components.agnhost?.image?.name ?? 'redoubt.dev/agnhost:latest'
    const with_ = (image: string, field: 'containers' | 'initContainers') => {
      const pod = compliantPod(env, 'image', account)
      const first = { ...pod.spec.containers[0], image }
      if (field === 'containers') pod.spec.containers = [first]
      else pod.spec.initContainers = [{ ...first, name: 'init' }]
      return pod
    }
    const attacks: Record<string, PodObject> = {
      'a digest that is not in the bundle': with_(unlisted, 'containers'),
      'the same as init container': with_(unlisted, 'initContainers'),
      'the bundle’s image by tag': with_(tagged, 'containers'),
      'its tag and another digest': with_(unlisted.replace('redoubt.dev/agnhost', tagged), 'containers'),
      // Before 1.35 a volume cannot be an image.
      ...(env.model.minor === '1.34' ? {} : { 'a volume of such an image': withVolume(env, account) }),
      'an image of the internet': with_('docker.io/library/nginx:latest', 'containers'),
    }
    const good: Record<string, string> = {
      'the bundle’s agnhost': imageReference(env.lock, 'agnhost'),
      'the same by tag and digest': `${tagged}@${env.lock.components.agnhost?.image?.digest}`,
      ...Object.fromEntries(
        env.lock.images.slice(0, 1).map(({ name, digest }) => [byDigest(name, digest), byDigest(name, digest)]),
      ),
    }
    return Promise.all([
      ...Object.entries(good).map(async ([name, image]) =>
        admitted(env, `a pod with ${name}`, await dryRun(env, 'pods', with_(image, 'containers'))),
      ),
      ...Object.entries(attacks).map(([name, pod]) => refusedPod(env, `a pod with ${name}`, pod, 'none of the bundle')),
    ])
  },
}

function withVolume(env: Env, account: string): PodObject {
  const pod = compliantPod(env, 'image', account)
  return { ...pod, spec: { ...pod.spec, volumes: [{ name: 'image', image: { reference: unlisted } }] } }
}

/** Every container of every pod names an image of the lock by its digest, and runs that one. */
export function judgeImages(where: string, pods: unknown, lock: Lock): Check[] {
  const known = new Set(bundleImages(lock))
  const items = list(pods, 'items')
  const wrong = items.flatMap((pod) => {
    const name = `${field(pod, 'metadata', 'namespace')}/${field(pod, 'metadata', 'name')}`
    const specs = ['containers', 'initContainers', 'ephemeralContainers'].flatMap((kind) => list(pod, 'spec', kind))
    const statuses = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'].flatMap((kind) =>
      list(pod, 'status', kind),
    )
    const volumes = list(pod, 'spec', 'volumes').flatMap((volume) => field(volume, 'image', 'reference') ?? [])
    return [
      ...[...specs.map((c) => field(c, 'image')), ...volumes]
        .map(String)
        .filter((image) => !known.has(withoutTag(image))),
      ...statuses.map((c) => String(field(c, 'imageID') ?? '')).filter((id) => id !== '' && !runsKnown(id, known)),
    ].map((image) => `${name} ${image}`)
  })
  const expected = 'images of redoubt.lock.yaml by digest only'
  const sent = 'list pods'
  if (items.length === 0) return [check('unknown', where, sent, expected, 'no pods at all')]
  if (wrong.length === 0) return [check('pass', where, sent, expected, `${items.length} pods`)]
  return wrong.slice(0, 20).map((image) => check('fail', where, sent, expected, oneLine(image)))
}

/** containerd reports `NAME@sha256:...`, the digest of the manifest that was imported. */
function runsKnown(imageID: string, known: ReadonlySet<string>): boolean {
  const digest = imageID.slice(imageID.indexOf('sha256:'))
  return [...known].some((reference) => reference.endsWith(`@${digest}`))
}

const running: Probe = {
  id: 'image-digests',
  title: 'every running image is one of the bundle, by digest',
  group: 'workloads',
  controls: ['image-provenance'],
  needs: ['api'],
  budget: 60_000,
  run: async (env) => {
    const { url } = env.model.endpoint
    const end = performance.now() + leaving
    for (;;) {
      const answer = await env.ask({ url: `${url}/api/v1/pods`, trust: 'server-ca', as: env.verifier })
      if ('error' in answer || answer.status !== 200)
        return [check('unknown', url, 'list pods', 'a list', describeAnswer(answer))]
      const pods = parseJson(answer.body)
      const checks = judgeImages(url, pods, env.lock)
      if (checks.every((one) => one.verdict === 'pass') || !onlyLeaving(pods, env.lock)) return checks
      if (env.signal.aborted || performance.now() > end) return checks
      await pause(1000)
    }
  },
}

/** Milliseconds that a pod which is being deleted is given to go: the default grace period and a little. */
const leaving = 40_000

/** True when all that stay are good: what is wrong is being deleted already. */
export function onlyLeaving(pods: unknown, lock: Lock): boolean {
  const staying = list(pods, 'items').filter((pod) => field(pod, 'metadata', 'deletionTimestamp') === undefined)
  return judgeImages('', { items: staying }, lock).every((one) => one.verdict === 'pass')
}

export const workloadProbes: readonly Probe[] = [podSecurity, imagePolicy, running]
