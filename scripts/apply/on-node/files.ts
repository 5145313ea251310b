import { paths } from '../../../cluster/components.ts'
import type { Tree, TreeEntry } from '../../../cluster/files.ts'
import type { StepReport } from '../../../lib/output.ts'
import { settleAll } from '../../ssh/settle.ts'
import { type FileChange, isOwned, type NodePlan } from '../plan/plan.ts'
import type { Apply, ApplyNode } from '../run.ts'
import { type Placed, placeScript, placeStream } from './place.ts'
import { nodePlaces } from './places.ts'
import { fileSource } from './sources.ts'

/** True for a static pod's manifest: placed last, because the kubelet acts on it at once. */
export function isManifest(path: string): boolean {
  return path.startsWith(`${paths.manifests}/`)
}

/** A small file of our own, as something to place. */
function ownFile(path: string, text: string): Placed {
  const bytes = Buffer.from(text)
  return { entry: { path, mode: '0600', owner: 'root:root', size: bytes.length }, source: async () => [bytes] }
}

/**
 * What is written on a node before its files change: whose it is, every path that is or will be ours (so that a killed run leaves
 * no file that nobody knows of), and the restarts that are owed from now on.
 */
function intent({ plan, tree }: ApplyNode, cluster: string): Placed[] {
  const wanted = new Set(tree.files.map((file) => file.path))
  const old: Tree | undefined = plan.seen.tree === '' ? undefined : (JSON.parse(plan.seen.tree) as Tree)
  const union: Tree = {
    ...tree,
    files: [...tree.files, ...(old?.files ?? []).filter((file) => !wanted.has(file.path))],
  }
  return [
    ownFile(nodePlaces.cluster, `${cluster}\n`),
    ownFile(nodePlaces.tree, `${JSON.stringify(union)}\n`),
    ...(plan.restarts.length > 0 ? [ownFile(nodePlaces.pending, `${plan.restarts.join('\n')}\n`)] : []),
  ]
}

const accessScript = `set -eu
while read -r verb mode owner path; do
  case $verb in
  user) printf 'g %s %s\nu %s %s\n' "$path" "\${owner#*:}" "$path" "$owner" | systemd-sysusers - ;;
  folder | whole)
    [ -d "$path" ] || (umask 022 && mkdir -p -- "$path")
    chown -- "$owner" "$path"
    chmod -- "$mode" "$path"
    [ "$verb" = folder ] || chown -R -h -- "$owner" "$path" ;;
  mode)
    chown -- "$owner" "$path"
    chmod -- "$mode" "$path" ;;
  remove) rm -f -- "$path" ;;
  esac
done
`

/** Makes users, folders and modes right; with `remove` also takes away what the tree no longer has. */
async function setAccess(apply: Apply, { shell, plan }: ApplyNode, remove: readonly string[]): Promise<void> {
  const lines = [
    ...plan.users.map(({ name, uid, gid }) => `user - ${uid}:${gid} ${name}`),
    ...plan.folders.map(
      ({ entry }) => `${entry.whole ? 'whole' : 'folder'} ${entry.mode} ${entry.owner} ${entry.path}`,
    ),
    ...plan.files
      .filter((file) => file.change === 'mode')
      .map(({ entry }) => `mode ${entry.mode} ${entry.owner} ${entry.path}`),
    ...remove.map((path) => `remove - - ${path}`),
  ]
  if (lines.length > 0) await shell.run(accessScript, { stdin: `${lines.join('\n')}\n`, signal: apply.context.signal })
}

/** The files of a plan whose bytes must be sent, manifests last. */
export function filesToSend(plan: NodePlan): FileChange[] {
  const send = plan.files.filter((file) => file.change !== 'mode')
  return [...send.filter((file) => !isManifest(file.entry.path)), ...send.filter((file) => isManifest(file.entry.path))]
}

type Handover = Pick<TreeEntry, 'mode' | 'owner' | 'path'>

/**
 * What changes hands with a pod that gets another user: whole folders, and files that are as they should be but for their owner.
 * Those are given away while neither the old process nor the new one runs; whichever has them too early or too late cannot go on.
 */
export function handedOver({ seen, folders, files }: NodePlan): Handover[] {
  const entries = [
    ...folders.map(({ entry }) => entry).filter((entry) => entry.whole),
    ...files.filter((file) => file.change === 'mode').map(({ entry }) => entry),
  ]
  return entries.filter((entry) => {
    const found = seen.files.get(entry.path)
    return found !== undefined && !isOwned(entry, found)
  })
}

/** Streams files to a node, which places them all when it has them all. `swap`: they are manifests of pods that run, and this changes hands with them. `sent` hears the bytes. */
export async function sendFiles(
  apply: Apply,
  target: ApplyNode,
  changes: readonly FileChange[],
  options: { first?: boolean; swap?: Handover[]; sent?: (count: number) => void } = {},
): Promise<void> {
  const { workspace, signal } = apply.context
  const files = [
    ...(options.first ? intent(target, apply.cluster) : []),
    ...changes.map(({ entry }) => ({ entry, source: fileSource(workspace, target.node.name, entry, apply.bundle) })),
  ]
  if (files.length > 0) await place(target, files, signal, options)
}

/** Writes small files of our own on a node. */
export async function sendOwn(
  { context }: Apply,
  target: ApplyNode,
  files: readonly (readonly [string, string])[],
): Promise<void> {
  await place(
    target,
    files.map(([path, text]) => ownFile(path, text)),
    context.signal,
  )
}

/** Seconds that the kubelet needs to forget a static pod whose process has ended. */
const settling = '1.5'

async function place(
  { shell }: ApplyNode,
  files: Placed[],
  signal: AbortSignal,
  { swap, sent }: { swap?: Handover[]; sent?: (count: number) => void } = {},
): Promise<void> {
  await shell.run(placeScript, {
    args: [
      nodePlaces.staging,
      ...(swap ? [settling, ...swap.flatMap(({ mode, owner, path }) => [mode, owner, path])] : []),
    ],
    stdin: placeStream(files, sent),
    timeout: 600_000,
    signal,
  })
}

/** Sends its files to each node, counting the bytes of all into one live line; `around` says when, and what else is done there. */
export async function sendToAll(
  apply: Apply,
  report: StepReport,
  targets: readonly ApplyNode[],
  around: (target: ApplyNode, send: () => Promise<void>) => Promise<void> = (_, send) => send(),
): Promise<void> {
  const changes = targets.flatMap(({ plan }) => filesToSend(plan))
  const sent = meter(
    report,
    changes.reduce((sum, { entry }) => sum + entry.size, 0),
  )
  await settleAll(targets, (target) => around(target, () => sendRound(apply, target, filesToSend(target.plan), sent)))
}

/** Folders first, so that no file appears in one that is open to others; then these files, then modes and what goes. */
export async function sendRound(
  apply: Apply,
  target: ApplyNode,
  files: readonly FileChange[],
  sent?: (count: number) => void,
): Promise<void> {
  const { plan } = target
  await setAccess(apply, { ...target, plan: { ...plan, files: [] } }, [])
  await sendFiles(apply, target, files, { first: true, ...(sent ? { sent } : {}) })
  await setAccess(apply, { ...target, plan: { ...plan, users: [], folders: [] } }, plan.remove)
}

/** Counts bytes of several streams into one live line. */
export function meter(report: StepReport, total: number): (count: number) => void {
  let done = 0
  return (count) => {
    done += count
    report.progress(done, total)
  }
}
