// What each program is started with: exactly what was rendered for it.
import { paths } from '../../../cluster/components.ts'
import type { KubeObject } from '../../../cluster/objects.ts'
import { parseYaml } from '../../../lib/yaml.ts'
import type { Node } from './node.ts'

/** The command of a static pod. */
export function podCommand({ tree }: Node, name: string): string[] {
  const path = `${paths.manifests}/${name}.yaml`
  const manifest = parseYaml(textOf(tree.files, path), path).value as { spec: { containers: [{ command: string[] }] } }
  return manifest.spec.containers[0].command
}

/** The command of the kubelet's unit. */
export function kubeletCommand({ tree }: Node): string[] {
  const unit = textOf(tree.files, '/etc/systemd/system/kubelet.service')
  return /^ExecStart=(.+)$/m.exec(unit)?.[1]?.split(' ') ?? []
}

/** kube-proxy's command, and its files by name as the ConfigMap holds them. */
export function kubeProxy(node: Node): { command: string[]; files: Record<string, string> } {
  const find = (kind: string) => node.rendered.objects.flatMap(({ objects }) => objects).find(is(kind, 'kube-proxy'))
  const daemonSet = find('DaemonSet') as unknown as DaemonSet
  const [container] = daemonSet.spec.template.spec.containers
  const name = node.tree.node
  return {
    command: container.command.map((word) => word.replace('$(NODE_NAME)', name)),
    files: (find('ConfigMap') as unknown as { data: Record<string, string> }).data,
  }
}

interface DaemonSet {
  spec: { template: { spec: { containers: [{ command: string[] }] } } }
}

const is = (kind: string, name: string) => (object: KubeObject) => object.kind === kind && object.metadata.name === name

function textOf(files: Node['tree']['files'], path: string): string {
  const content = files.find((file) => file.path === path)?.content
  if (content?.kind !== 'text') throw new Error(`no text at ${path}`)
  return content.text
}
