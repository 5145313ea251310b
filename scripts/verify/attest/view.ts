import type { ConfigurableName } from '../../../cluster/components.ts'
import type { NodeModel } from '../../../cluster/model.ts'

export interface FileView {
  sha256: string
  /** `0600` */
  mode: string
  /** `root:root`, anybody else in numbers. */
  owner: string
}

/** What one node is seen to run and to hold: a living node, or its rendered tree. */
export interface NodeView {
  /** For checks: `node cp1`, `rendered/cp1`. */
  where: string
  node: NodeModel
  /** The arguments of each process of a component, without the program's name. */
  processes: ReadonlyMap<ConfigurableName, readonly (readonly string[])[]>
  /** Who each process of a component runs as: `UID:GID`. */
  users: ReadonlyMap<ConfigurableName, readonly string[]>
  /** The kubelet's configuration, merged as it shows it or as its file has it; or why it is not known. */
  kubelet: { config: unknown; shown: 'configz' | 'file' } | { unknown: string }
  /** The API server's AuthenticationConfiguration as it lies there. */
  authentication: { config: unknown }
  /** What was rendered for it, whether it is there or not. */
  paths: readonly string[]
  /** Those that are there and are regular files, by path. */
  files: ReadonlyMap<string, FileView>
  /** Rendered folders that are there and are folders, by path. */
  folders: ReadonlyMap<string, Omit<FileView, 'sha256'>>
  /** The scalars of containerd's merged configuration by dotted path, or why it is not known. */
  containerd: { config: ReadonlyMap<string, string> } | { unknown: string }
}
