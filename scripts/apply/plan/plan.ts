import { paths } from '../../../cluster/components.ts'
import {
  octal,
  parseTree,
  type RestartTarget,
  type SystemUser,
  type Tree,
  type TreeEntry,
} from '../../../cluster/files.ts'
import type { DebPackage } from '../../../cluster/lock.ts'
import type { NodeModel } from '../../../cluster/model.ts'
import { fail } from '../../../lib/errors.ts'
import { etcdFolder, refuseMovedData } from './moved.ts'
import { type NodeState, type SeenFile, type SeenUser, treeUnits } from './probe.ts'

export interface FileChange {
  entry: TreeEntry
  change: 'create' | 'change' | 'mode'
  /** `missing`, `content differs`, `mode 0644, wanted 0600`. */
  why: string
}

/** What one node needs to become as its tree says. */
export interface NodePlan {
  node: NodeModel
  tree: Tree
  seen: NodeState
  /** A control plane that has been healthy, or a worker whose kubelet runs: what changes here can break something. */
  running: boolean
  packages: DebPackage[]
  /** Users that are missing. */
  users: SystemUser[]
  folders: { entry: Tree['folders'][number]; why: string }[]
  files: FileChange[]
  /** Files of the last applied tree that this one no longer has. */
  remove: string[]
  images: string[]
  /** Units that are not enabled or not running. */
  units: string[]
  restarts: RestartTarget[]
  /** True when /var/lib/redoubt/tree.json is not this tree's. */
  record: boolean
}

/** Compares a node with its tree. `text` is tree.json's. Throws `failed` when the node belongs to another cluster. */
export function planNode(
  node: NodeModel,
  tree: Tree,
  text: string,
  seen: NodeState,
  packages: readonly DebPackage[],
  cluster: string,
): NodePlan {
  refuseForeign(node, tree, seen, cluster)
  refuseMovedData(node, tree, seen)
  const files = tree.files.flatMap((entry): FileChange[] => {
    const found = compareFile(entry, seen.files.get(entry.path))
    return found ? [{ entry, ...found }] : []
  })
  const wanted = new Set(tree.files.map((file) => file.path))
  const remove = seenPaths(node.name, seen.tree).filter((path) => !wanted.has(path))
  const changed = files.filter((file) => file.change !== 'mode').flatMap((file) => file.entry.restarts)
  const units = treeUnits(tree).filter((unit) => {
    const found = seen.units.get(unit)
    return !found?.active || !found.enabled
  })
  return {
    node,
    tree,
    seen,
    running: node.role === 'control-plane' ? seen.bootstrapped : seen.units.get('kubelet.service')?.active === true,
    users: tree.users.filter((user) => isMissing(node.name, user, seen.users.get(user.name))),
    packages: packages.filter((entry) => seen.packages.get(entry.name) !== 'installed'),
    folders: tree.folders.flatMap((entry) => {
      const why = compareFolder(entry, seen.files.get(entry.path)) ?? compareWithin(seen.strangers.get(entry.path) ?? 0)
      return why ? [{ entry, why }] : []
    }),
    files,
    remove,
    images: tree.images.filter((reference) => seen.images.get(reference) !== reference.split('@')[1]),
    units,
    restarts: inOrder([...changed, ...seen.pending, ...(remove.some(isUnit) ? ['units'] : [])]),
    record: files.length > 0 || remove.length > 0 || seen.tree.trim() !== text.trim() || seen.cluster !== cluster,
  }
}

/** The order in which restarts are done: systemd reads its units, the kernel its settings, then who depends on them. */
const restartOrder: readonly RestartTarget[] = [
  'units',
  'sysctl',
  'firewall',
  'sshd',
  'routes',
  'containerd',
  'kubelet',
]

function inOrder(targets: readonly string[]): RestartTarget[] {
  return restartOrder.filter((target) => targets.includes(target))
}

function compareFile(entry: TreeEntry, found: SeenFile | undefined): Omit<FileChange, 'entry'> | undefined {
  if (!found) return { change: 'create', why: 'missing' }
  if (found.kind !== 'file') return { change: 'change', why: 'is no regular file' }
  if (entry.manage === 'always' && found.sha256 !== entry.sha256) return { change: 'change', why: 'content differs' }
  const why = compareAccess(entry, found)
  return why ? { change: 'mode', why } : undefined
}

function compareFolder(entry: Tree['folders'][number], found: SeenFile | undefined): string | undefined {
  if (!found) return 'missing'
  if (found.kind !== 'folder')
    fail('failed', `${entry.path} is there and is no folder`, { hint: 'Move it away, then run again.' })
  return compareAccess(entry, found)
}

function compareWithin(strangers: number): string | undefined {
  return strangers === 0 ? undefined : `${strangers} within belong to others`
}

/**
 * True when a user is missing, or its group. Throws `failed` where its name or its numbers are somebody else's: what belongs to
 * the one would be the other's.
 */
function isMissing(node: string, { name, uid, gid }: SystemUser, seen: SeenUser | undefined): boolean {
  const { ids = '-', holder = '-', group = '-', groupHolder = '-' } = seen ?? {}
  const other = (is: string, wanted: string) => is !== '-' && is !== wanted
  const taken = [
    other(ids, `${uid}:${gid}`) && `the user ${name} has the numbers ${ids}`,
    other(holder, name) && `uid ${uid} is the user ${holder}`,
    other(group, `${gid}`) && `the group ${name} has the number ${group}`,
    other(groupHolder, name) && `gid ${gid} is the group ${groupHolder}`,
  ].filter((text) => text !== false)
  if (taken.length > 0)
    fail('failed', `cannot have the user ${name} with uid ${uid} and gid ${gid}: ${taken.join(', ')}`, {
      where: `node ${node}`,
      hint: 'Give that user or group other numbers there (usermod, groupmod, chown of what is theirs), then run again.',
    })
  return [ids, holder, group, groupHolder].includes('-')
}

function compareAccess(entry: { mode: string; owner: string }, found: SeenFile): string | undefined {
  const mode = octal(Number.parseInt(entry.mode, 8))
  if (found.mode !== mode) return `mode ${found.mode}, wanted ${mode}`
  if (!isOwned(entry, found)) return `owner ${found.owner}, wanted ${entry.owner}`
  return undefined
}

/** True when what is there belongs to whom the tree says. */
export function isOwned(entry: { owner: string }, found: SeenFile): boolean {
  return found.owner === entry.owner || found.ids === entry.owner
}

/** The paths in the tree that the node keeps. It is the node's word: only whole paths below our folders are believed. */
function seenPaths(node: string, text: string): string[] {
  if (text === '') return []
  const where = `node ${node}: ${paths.state}/tree.json`
  const found = parseTree(text, where).files.map((file) => file.path)
  const odd = found.find((path) => !/^\/(etc|opt|usr|var)\/[^\0\n]+$/.test(path) || path.split('/').includes('..'))
  return odd === undefined
    ? found
    : fail('failed', `names ${JSON.stringify(odd)}, which is no path of ours`, {
        where,
        hint: 'Someone changed it: look at the node, take the file away, then run again.',
      })
}

function refuseForeign(node: NodeModel, tree: Tree, seen: NodeState, cluster: string): void {
  const where = `node ${node.name}`
  const [name] = seen.cluster.split(' ')
  if (seen.cluster !== '' && seen.cluster !== cluster)
    fail(
      'failed',
      `belongs to ${name === cluster.split(' ')[0] ? 'a cluster of this name with another PKI' : `the cluster ${name}`}`,
      {
        where,
        hint: `Use the workspace of that cluster, or set the host up anew (with ${[paths.state, etcdFolder(tree)].filter((path) => path !== undefined).join(' and ')} gone).`,
      },
    )
  if (seen.cluster === '' && seen.etcdData)
    fail('failed', `has etcd data in ${etcdFolder(tree)} that redoubt did not make`, {
      where,
      hint: 'Save what you need of it and set the host up anew: adopting a cluster is not possible yet.',
    })
}

function isUnit(path: string): boolean {
  return path.startsWith('/etc/systemd/system/')
}
