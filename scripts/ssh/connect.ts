import { resolve } from 'node:path'
import type { Hosts } from '../../cluster/hosts.ts'
import type { ClusterSpec } from '../../cluster/spec.ts'
import type { Workspace } from '../../cluster/workspace.ts'
import { type NodeShell, openNode } from './transport.ts'

/**
 * A shell for every node of the spec, in its order. A node that was surveyed must show the host key it had then; `fresh` says what
 * counts for the others.
 */
export async function connectNodes(
  workspace: Workspace,
  { spec }: Pick<ClusterSpec, 'spec'>,
  hosts: Hosts['hosts'],
  fresh: 'known' | 'new',
): Promise<NodeShell[]> {
  const { user, port, key } = spec.ssh
  const shells: NodeShell[] = []
  try {
    for (const node of spec.nodes)
      shells.push(
        await openNode({
          node: node.name,
          address: node.address,
          user,
          port,
          ...(key ? { key: resolve(workspace.root, key) } : {}),
          hostKey: hosts[node.name]?.facts.sshHostKey || fresh,
        }),
      )
    return shells
  } catch (error) {
    await closeAll(shells)
    throw error
  }
}

/** Runs `work` with shells and closes them whatever happens. */
export async function withNodes<T>(shells: NodeShell[], work: (shells: NodeShell[]) => Promise<T>): Promise<T> {
  try {
    return await work(shells)
  } finally {
    await closeAll(shells)
  }
}

async function closeAll(shells: readonly NodeShell[]): Promise<void> {
  await Promise.all(shells.map((shell) => shell.close()))
}
