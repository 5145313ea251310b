import type { ConfigurableName } from '../../cluster/components.ts'
import type { NodeFile, NodeTree, SystemUser } from '../../cluster/files.ts'
import { imageReference } from '../../cluster/lock.ts'
import type { NodeModel } from '../../cluster/model.ts'
import { byCodeUnit } from '../../lib/files.ts'
import { filesFor, formatArgs, mergeArgs, mergeFiles } from '../compose.ts'
import type { Args, Contribution, Site } from '../control.ts'
import type { Overrides } from '../overrides.ts'
import { apiserverArgs, apiserverPod } from './apiserver.ts'
import { authenticationFile } from './authentication.ts'
import { containerd } from './containerd.ts'
import { controlPlaneFiles } from './control-plane-files.ts'
import { controllerManagerArgs, controllerManagerPod, schedulerArgs, schedulerPod } from './controllers.ts'
import { etcdArgs, etcdPod } from './etcd.ts'
import { foldersOf } from './folders.ts'
import { kubelet } from './kubelet.ts'
import { modeOf } from './modes.ts'
import { network } from './network.ts'
import { imagesOf, programs } from './programs.ts'
import { staticPod } from './static-pod.ts'
import { sysctls } from './sysctl.ts'

/** A contribution and the control it comes from. */
export interface Contributed extends Contribution {
  by: string
  /** It replaces what others set: a profile, or the spec. */
  wins?: boolean
}

/** The whole tree of one node. */
export function nodeTree(
  site: Site,
  node: NodeModel,
  contributions: readonly Contributed[],
  override: Overrides,
): NodeTree {
  const { provider } = site.model.network
  const kubeletFields = contributions.map(({ by, kubelet: sets, wins = false }) => ({ by, sets: sets ?? {}, wins }))
  const common: NodeFile[] = [
    ...programs(site.lock, node.role, provider),
    ...containerd(
      site,
      node,
      contributions.map(({ by, containerd: sets }) => ({ by, sets: sets ?? {} })),
    ),
    ...kubelet(site, node, kubeletFields),
    ...network(site.model, node),
    ...sysctls(node.host),
  ]
  const isControlPlane = node.role === 'control-plane'
  const files = isControlPlane
    ? withControlPlane(site, node, common, contributions, override)
    : withContributed(node, common, contributions)
  const rules = contributions.flatMap((contribution) => contribution.modes ?? [])
  const given = isControlPlane ? contributions : []
  const owners: Record<string, string> = Object.assign({}, ...given.map((contribution) => contribution.owners))
  const images = imagesOf(site.lock, node.role).map((name) => imageReference(site.lock, name))
  return {
    node: node.name,
    users: given.flatMap(({ users = {} }) => Object.values(users)),
    folders: foldersOf(files, isControlPlane ? site.model.places : undefined).map((folder) => ({
      ...folder,
      owner: owners[folder.path] ?? folder.owner,
    })),
    files: files
      .map((file) => ({
        ...file,
        mode: modeOf(file.path, rules) ?? file.mode,
        owner: owners[file.path] ?? file.owner,
      }))
      .sort((a, b) => byCodeUnit(a.path, b.path)),
    images: images.sort(byCodeUnit),
  }
}

function withContributed(node: NodeModel, baseline: readonly NodeFile[], contributions: readonly Contributed[]) {
  return mergeFiles([
    { by: 'the baseline', sets: baseline },
    ...contributions.map((contribution) => ({ by: contribution.by, sets: filesFor(node, contribution) })),
  ])
}

function withControlPlane(
  site: Site,
  node: NodeModel,
  common: readonly NodeFile[],
  contributions: readonly Contributed[],
  override: Overrides,
): NodeFile[] {
  const args = (component: ConfigurableName, baseline: Args) => {
    const sources = contributions.map(({ by, args: sets, wins = false }) => ({
      by,
      sets: sets?.[component] ?? {},
      wins,
    }))
    return formatArgs(override(component, mergeArgs(component, [{ by: 'the baseline', sets: baseline }, ...sources])))
  }
  const files = withContributed(
    node,
    [...common, authenticationFile(contributions), ...controlPlaneFiles(site, node)],
    contributions,
  )
  const user = (component: ConfigurableName): SystemUser | undefined =>
    contributions.find(({ users }) => users?.[component])?.users?.[component]
  const etcd = staticPod(etcdPod(site, node, args('etcd', etcdArgs(site, node)), user('etcd')), files)
  const pods = [
    apiserverPod(site, node, args('kube-apiserver', apiserverArgs(site, node))),
    controllerManagerPod(site, args('kube-controller-manager', controllerManagerArgs(site))),
    schedulerPod(site, args('kube-scheduler', schedulerArgs())),
  ]
  const inputs = [...files, etcd]
  return [...inputs, ...pods.map((pod) => staticPod(pod, inputs))]
}
