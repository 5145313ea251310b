import { type ConfigurableName, configurable, paths } from '../../cluster/components.ts'
import type { NodeTree } from '../../cluster/files.ts'
import type { Model } from '../../cluster/model.ts'
import type { KubeObject } from '../../cluster/objects.ts'
import { parseYaml } from '../../lib/yaml.ts'
import type { Facts } from './rule.ts'

/** What rules judge, read from the trees as they will be written: one entry a node, in the order of the spec. */
export function factsOf(model: Model, trees: readonly NodeTree[], objects: readonly KubeObject[]): Facts[] {
  const parsed = new Map<string, unknown>() // nodes share most files
  const read = (path: string, text: string): unknown => {
    if (!parsed.has(text)) parsed.set(text, parseYaml(text, path).value)
    return parsed.get(text)
  }
  const first = trees.find((tree) => model.controlPlanes.some((node) => node.name === tree.node))
  return model.nodes.map((node): Facts => {
    const tree = trees.find((candidate) => candidate.node === node.name)
    const files = { ...filesOf(node.role === 'worker' ? first : undefined), ...filesOf(tree) }
    const args = {} as Record<ConfigurableName, Record<string, string>>
    for (const component of configurable) {
      const path = `${paths.manifests}/${component}.yaml`
      args[component] = argsOf(commandOf(read(path, files[path]?.text ?? '')))
    }
    const config = `${paths.kubeletData}/config.yaml`
    const unit = files['/etc/systemd/system/kubelet.service']?.text ?? ''
    return {
      model,
      node,
      args,
      kubelet: flatten(read(config, files[config]?.text ?? '')),
      kubeletArgs: argsOf(/^ExecStart=(.+)$/m.exec(unit)?.[1]?.split(' ') ?? []),
      files,
      objects,
    }
  })
}

function filesOf(tree: NodeTree | undefined): Facts['files'] {
  return Object.fromEntries(
    (tree?.files ?? []).map(({ path, owner, mode, content }) => {
      const text = content.kind === 'text' || content.kind === 'template' ? { text: content.text } : {}
      return [path, { owner, mode, ...text }]
    }),
  )
}

function commandOf(manifest: unknown): string[] {
  const pod = manifest as { spec?: { containers?: { command?: string[] }[] } } | null
  return pod?.spec?.containers?.[0]?.command ?? []
}

/** Flags of a command line by name without dashes; of one given twice the last counts, as with scalars of the real program. */
function argsOf(command: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    command.flatMap((word) => {
      const match = /^--([^=]+)=?([\s\S]*)$/.exec(word)
      return match ? [[match[1] ?? '', match[2] ?? '']] : []
    }),
  )
}

/** Values by dotted path; a list is a value. */
function flatten(value: unknown, prefix = ''): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]): [string, unknown][] =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.entries(flatten(inner, `${prefix}${key}.`))
        : [[`${prefix}${key}`, inner]],
    ),
  )
}
