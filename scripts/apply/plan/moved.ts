import { paths } from '../../../cluster/components.ts'
import { parseTree, type Tree } from '../../../cluster/files.ts'
import type { NodeModel } from '../../../cluster/model.ts'
import { fail } from '../../../lib/errors.ts'
import type { NodeState } from './probe.ts'

/** The folder of a tree that is etcd's alone; none on workers. */
export function etcdFolder(tree: Pick<Tree, 'folders'>): string | undefined {
  return tree.folders.find((entry) => entry.whole)?.path
}

/** etcd would start empty in a new folder, and with it the cluster. Throws `failed` unless its data is there already. */
export function refuseMovedData(node: NodeModel, tree: Tree, seen: NodeState): void {
  if (!seen.bootstrapped || seen.etcdData || seen.tree === '') return
  const before = etcdFolder(parseTree(seen.tree, `node ${node.name}: ${paths.state}/tree.json`))
  const wanted = etcdFolder(tree)
  if (before !== undefined && wanted !== undefined && before !== wanted)
    fail('failed', `etcd’s data lies in ${before}, spec.etcd.dataDir is ${wanted} and has none`, {
      where: `node ${node.name}`,
      hint: 'Move it first, with etcd stopped, or put spec.etcd.dataDir back: docs/apply.md, “Another disk for etcd”.',
    })
}

/**
 * A kubelet that is started with a kubeconfig for the new port never lets go of the API server on the old one: it ends no pod before
 * it has heard of its API server (kubelet.go, deletePod). Throws `failed` for such a change of a running cluster.
 */
export function refuseMovedPort(node: NodeModel, port: number, seen: NodeState): void {
  if (seen.bootstrapped && seen.apiPort !== undefined && seen.apiPort !== port)
    fail('failed', `its API server listens on ${seen.apiPort}, spec.apiServer.port is ${port}`, {
      where: `node ${node.name}`,
      hint: 'The port of a running cluster cannot be changed: put spec.apiServer.port back, or make the cluster anew.',
    })
}
