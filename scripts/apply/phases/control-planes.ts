import { basename } from 'node:path'
import { fail, RedoubtError } from '../../../lib/errors.ts'
import type { StepReport } from '../../../lib/output.ts'
import { filesToSend, handedOver, isManifest, sendFiles, sendRound } from '../on-node/files.ts'
import { lastLines, type Starts, watchFailures } from '../on-node/logs.ts'
import { arm, disarm, trigger } from '../on-node/rollback.ts'
import { runServices, serviceWords } from '../on-node/services.ts'
import { snapshot } from '../on-node/snapshot.ts'
import { kubeletDeaf, staticPods } from '../on-node/static-pods.ts'
import type { FileChange } from '../plan/plan.ts'
import type { Apply, ApplyNode, Phase } from '../run.ts'
import { waitUntil } from '../wait.ts'
import { fileActions, serviceActions } from './new-nodes.ts'

/** Milliseconds that the node waits longer than we do: it acts only when we cannot. */
const margin = 15_000

/** Changes of control planes that run, one after the other, each behind a rollback that the node does by itself. */
export const controlPlanes: Phase = {
  title: 'Change the control plane',
  plan: (apply) =>
    runningControlPlanes(apply).flatMap((target) => [
      ...(apply.skipSnapshot
        ? []
        : [{ node: target.node.name, verb: 'snapshot', what: 'etcd', why: 'the control plane changes' }]),
      ...fileActions(target),
      ...podsOf(target).map((what) => ({ node: target.node.name, verb: 'restart', what, why: 'its manifest changes' })),
      ...serviceActions(target, serviceWords(target)),
    ]),
  run: async (apply, report) => {
    for (const target of runningControlPlanes(apply)) await change(apply, target, report)
  },
}

function runningControlPlanes({ nodes }: Apply): ApplyNode[] {
  return nodes.filter(
    (target) =>
      target.node.role === 'control-plane' &&
      target.plan.running &&
      (fileActions(target).length > 0 || serviceWords(target).length > 0),
  )
}

/** The static pods that a plan makes the kubelet start anew. */
function podsOf({ plan }: ApplyNode): string[] {
  return filesToSend(plan)
    .map((file) => file.entry.path)
    .filter(isManifest)
    .map((path) => basename(path, '.yaml'))
}

async function change(apply: Apply, target: ApplyNode, report: StepReport): Promise<void> {
  const { signal } = apply.context
  const { node, shell, plan } = target
  const pods = podsOf(target)
  const status = (text: string) => report.status(`${node.name}: ${text}`)
  if (!apply.skipSnapshot) {
    status('snapshot of etcd')
    await snapshot(shell, signal)
  }
  const before = await look(apply, target, pods)
  status('arming the rollback')
  await arm(shell, plan, Math.ceil((apply.patience + margin) / 1000), signal)
  let problem: string | undefined
  try {
    status('placing files')
    const files = filesToSend(plan)
    const manifests = files.filter((file) => isManifest(file.entry.path))
    const handed = manifests.length > 0 ? handedOver(plan) : []
    const isLater = ({ entry }: { entry: { path: string } }) => handed.some(({ path }) => path === entry.path)
    const early = {
      ...plan,
      folders: plan.folders.filter((folder) => !isLater(folder)),
      files: plan.files.filter((file) => !isLater(file)),
    }
    await sendRound(
      apply,
      { ...target, plan: early },
      files.filter((file) => !manifests.includes(file)),
    )
    // Services first: a kubelet that starts while its API server is down is slow.
    await restartServices(apply, target, status)
    const watch = watchFailures(shell, { pods, patience: 8000 })
    // The first look tells the containers that are about to stop from those that will be started.
    await watch()
    if (manifests.length > 0) await swapManifests(apply, target, manifests, handed, status)
    const forget = kubeletForgets(apply, target, status)
    problem = await waitUntil(() => settled(apply, target, before, watch, forget), {
      limit: apply.patience,
      every: 200,
      signal,
      status,
    })
  } catch (error) {
    if (signal.aborted) {
      const seconds = Math.ceil((apply.patience + margin) / 1000)
      apply.context.out.warn(
        `${node.name} puts its earlier files back by itself within ${seconds} s, or when apply runs again`,
      )
    }
    if (signal.aborted || !(error instanceof RedoubtError)) throw error
    problem = error.message
  }
  if (problem !== undefined) await undo(apply, target, problem, status)
  else if (!(await disarm(shell, signal)))
    fail('failed', 'rolled back by itself: it did not hear in time that all was well', {
      where: `node ${node.name}`,
      hint: 'Run again; give it longer with --wait.',
    })
}

/** Container ids of the pods that change; empty for what nobody could tell. */
async function look(apply: Apply, { node }: ApplyNode, pods: readonly string[]): Promise<Map<string, string>> {
  const found = await staticPods(apply.at(node), node.name).catch(() => undefined)
  return new Map(pods.map((pod) => [pod, found?.get(pod)?.id ?? '']))
}

async function swapManifests(
  apply: Apply,
  target: ApplyNode,
  manifests: readonly FileChange[],
  handed: ReturnType<typeof handedOver>,
  status: (text: string) => void,
): Promise<void> {
  const { node } = target
  // Where nobody answers the change is a repair, and there is nothing to wait for.
  await waitUntil(() => kubeletDeaf(apply.at(node), node.name).catch(() => undefined), {
    limit: 30_000,
    every: 200,
    signal: apply.context.signal,
    status,
  })
  status(`waiting for ${podsOf(target).join(', ')} to stop`)
  await sendFiles(apply, target, manifests, { swap: handed })
}

async function restartServices(apply: Apply, target: ApplyNode, status: (text: string) => void): Promise<void> {
  const { signal } = apply.context
  const words = serviceWords(target)
  await runServices(apply, target, [...words, 'settled'])
  if (!words.some((word) => word.endsWith('=kubelet.service') && !word.startsWith('enable'))) return
  const path = `/api/v1/nodes/${target.node.name}/proxy/healthz`
  const awaited = await waitUntil(
    async () => {
      const { status: code } = await apply.at(target.node).admin.request(path, { timeout: 2000, signal })
      return code === 200 ? undefined : `the kubelet (${code})`
    },
    { limit: 30_000, every: 200, signal, status },
  )
  if (awaited !== undefined) fail('failed', 'the kubelet does not answer after its restart')
}

/**
 * Restarts the kubelet, the first time that it is called. It counts failures by a pod's UID, which for a static pod is a hash of the
 * manifest: a controller manager that ended often while its API server was away is not started for up to five minutes also when
 * its manifest was another one in between. Only a new kubelet has forgotten (kubelet.go, crashLoopBackOff).
 */
function kubeletForgets(apply: Apply, target: ApplyNode, status: (text: string) => void): () => Promise<void> {
  let done = false
  return async () => {
    if (done) return
    done = true
    status('restarting the kubelet: it waits because of failures before this change')
    await runServices(apply, target, ['restart=kubelet.service'])
  }
}

/** Undefined when every changed pod has a new container that is ready, and the API server is healthy; else what is awaited. */
async function settled(
  apply: Apply,
  { node }: ApplyNode,
  before: ReadonlyMap<string, string>,
  watch: () => Promise<Starts>,
  forget: () => Promise<void>,
): Promise<string | undefined> {
  const names = [...before.keys()]
  const [unready, { failing, started }] = await Promise.all([
    apply.at(node).admin.notReady({ signal: apply.context.signal }),
    watch().catch((): Starts => ({ failing: [], started: names })),
  ])
  if (failing.length > 0) fail('failed', `${failing.join(' and ')} keeps failing`)
  if (unready !== undefined) return `the API server: ${unready}`
  const pods = await staticPods(apply.at(node), node.name).catch(() => undefined)
  if (!pods) return 'the kubelet'
  if (names.some((name) => pods.get(name)?.backingOff && !started.includes(name))) await forget()
  const old = names.find((name) => !pods.get(name)?.ready || pods.get(name)?.id === before.get(name))
  return old === undefined ? undefined : `${old} to start anew`
}

/** Lets the node put its files back now, waits until it is healthy, and fails with what was changed and why it broke. */
async function undo(apply: Apply, target: ApplyNode, problem: string, status: (text: string) => void): Promise<never> {
  const { node, shell, plan } = target
  const { signal } = apply.context
  const where = `node ${node.name}`
  const logs = await lastLines(shell, { pods: podsOf(target) })
  const changed = [...plan.files.map((file) => file.entry.path), ...plan.remove].join(', ')
  const what = `the change did not hold: ${problem}\n  changed: ${changed}${logs}`
  status('rolling back')
  try {
    await trigger(shell, signal)
  } catch (error) {
    return fail('failed', `${what}\n  it cannot be reached to roll back; it does so by itself`, {
      where,
      hint: `Wait until it has, at most ${Math.ceil((apply.patience + margin) / 1000)} s after the change, then run again.`,
      cause: error,
    })
  }
  const awaited = await waitUntil(() => apply.at(node).admin.notReady({ signal }), {
    limit: 120_000,
    every: 200,
    signal,
    status,
  })
  return fail('failed', what, {
    where,
    hint:
      awaited === undefined
        ? 'The earlier files are back and the API server is healthy. Mend the setting in redoubt.yaml, render and apply again.'
        : `The earlier files are back, but the API server is not healthy yet: ${awaited}. See /var/log/pods on the node.`,
  })
}
