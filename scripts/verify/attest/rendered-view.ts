import { type ConfigurableName, configurable, paths } from '../../../cluster/components.ts'
import { describeTree, type NodeTree } from '../../../cluster/files.ts'
import type { NodeModel } from '../../../cluster/model.ts'
import { parseYaml } from '../../../lib/yaml.ts'
import { authenticationPath } from '../../../templates/controls/layout.ts'
import { field, list } from '../judge.ts'
import { tomlScalars } from './containerd.ts'
import type { NodeView } from './view.ts'

/** The same view of a node's rendered tree: what it would run. */
export function renderedView(tree: NodeTree, node: NodeModel): NodeView {
  const text = (path: string) => {
    const content = tree.files.find((file) => file.path === path)?.content
    return content?.kind === 'text' ? content.text : undefined
  }
  const yaml = (path: string) => {
    const found = text(path)
    return found === undefined ? undefined : parseYaml(found, path).value
  }
  const processes = new Map<ConfigurableName, string[][]>()
  const users = new Map<ConfigurableName, string[]>()
  for (const name of configurable) {
    const manifest = yaml(`${paths.manifests}/${name}.yaml`)
    const command = list(manifest, 'spec', 'containers', 0, 'command').map(String)
    if (command.length === 0) continue
    processes.set(name, [command.slice(1)])
    const [uid = 0, gid = 0] = ['runAsUser', 'runAsGroup'].map((key) => field(manifest, 'spec', 'securityContext', key))
    users.set(name, [`${uid}:${gid}`])
  }
  const config = yaml(`${paths.kubeletData}/config.yaml`)
  return {
    where: `rendered/${node.name}`,
    node,
    processes,
    users,
    containerd: { config: tomlScalars(text(paths.containerdConfig) ?? '') },
    kubelet: config === undefined ? { unknown: 'no configuration is rendered' } : { config, shown: 'file' },
    paths: tree.files.map((file) => file.path),
    authentication: { config: yaml(authenticationPath) },
    folders: new Map(describeTree(tree).folders.map(({ path, mode, owner }) => [path, { mode, owner }])),
    files: new Map(describeTree(tree).files.map(({ path, sha256, mode, owner }) => [path, { sha256, mode, owner }])),
  }
}
