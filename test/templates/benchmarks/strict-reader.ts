// Reads a rendered node as a strict flag-and-file scanner would, with nothing of ours but the YAML parser.
import type { Model } from '../../../cluster/model.ts'
import { parseYaml } from '../../../lib/yaml.ts'
import type { Rendered } from '../../../templates/render.ts'
import { textOf } from '../fixture.ts'
import { etcdData, type Look, overriding, type Program, type Rule, scored } from './cis-scored.ts'

export interface Read {
  /** Values of each argument, in order. */
  flags: Readonly<Record<Program, Readonly<Record<string, readonly string[]>>>>
  configs: Readonly<Record<'kubelet' | 'kube-proxy', unknown>>
  entries: readonly { path: string; mode: number; owner: string }[]
}

/** What lies on a node, and kube-proxy's ConfigMap. */
export function readNode(rendered: Rendered, name: string): Read {
  const tree = rendered.trees.find((one) => one.node === name)
  if (!tree) throw new Error(`no node ${name}`)
  const text = (path: string) => textOf(rendered.trees, path, name)
  const command = (program: string) => {
    const manifest = text(`/etc/kubernetes/manifests/${program}.yaml`)
    return manifest === '' ? [] : (at(yaml(manifest), 'spec.containers.0.command') as string[])
  }
  const unit = /^ExecStart=(.*)$/m.exec(text('/etc/systemd/system/kubelet.service'))?.[1] ?? ''
  const proxy = rendered.objects
    .flatMap((group) => group.objects)
    .find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'kube-proxy')
  return {
    flags: {
      'kube-apiserver': flagsOf(command('kube-apiserver')),
      'kube-controller-manager': flagsOf(command('kube-controller-manager')),
      'kube-scheduler': flagsOf(command('kube-scheduler')),
      etcd: flagsOf(command('etcd')),
      kubelet: flagsOf(unit.split(' ')),
    },
    configs: {
      kubelet: yaml(text('/var/lib/kubelet/config.yaml')),
      'kube-proxy': yaml(String((proxy?.data as Record<string, string> | undefined)?.['config.conf'])),
    },
    // As stat shows owners: by the name that the node has for a number.
    entries: [...tree.folders, ...tree.files].map(({ path, mode, owner }) => {
      const user = tree.users.find(({ uid, gid }) => owner === `${uid}:${gid}`)
      return { path, mode, owner: user ? `${user.name}:${user.name}` : owner }
    }),
  }
}

/** `ITEM NODE: what is wrong`. */
export function failures(model: Model, rendered: Rendered): string[] {
  return model.nodes.flatMap(({ name, role }) => {
    const read = readNode(rendered, name)
    return scored
      .filter(({ of }) => of === 'nodes' || role === 'control-plane')
      .flatMap(({ item, looks }) =>
        looks.flatMap((look) => {
          const wrong = wrongWith(read, look)
          return wrong === undefined ? [] : [`${item} ${name}: ${wrong}`]
        }),
      )
  })
}

/** What is wrong with one look; undefined when it is met. */
export function wrongWith(read: Read, look: Look): string | undefined {
  if ('flag' in look) {
    const values = read.flags[look.program][look.flag] ?? []
    if (values.length > 1) return `--${look.flag} of ${look.program} is given ${values.length} times`
    return held(read, values[0], look.rule) ? undefined : `--${look.flag} of ${look.program} is ${values[0]}`
  }
  if ('config' in look) {
    const flag = look.config === 'kubelet' ? overriding[look.path] : undefined
    if (flag !== undefined && read.flags.kubelet[flag]) return `--${flag} overrides ${look.path}`
    const value = at(read.configs[look.config], look.path)
    return held(read, value === undefined ? undefined : String(value), look.rule)
      ? undefined
      : `${look.path} of ${look.config} is ${value}`
  }
  const wanted = pathOf(read, look.path)
  const found = read.entries.filter(({ path }) =>
    wanted.endsWith('/') ? path.startsWith(wanted) && !look.but?.includes(path) : path === wanted,
  )
  if (found.length === 0) return look.optional ? undefined : `${wanted} is not there`
  const open = found.find(
    ({ mode, owner }) => (mode & ~(look.mode ?? 0o7777)) !== 0 || (look.owner !== undefined && owner !== look.owner),
  )
  return open && `${open.path} is ${open.mode.toString(8)} ${open.owner}`
}

/** A look's path on this node. */
export function pathOf(read: Read, path: string): string {
  return path === etcdData ? (read.flags.etcd['data-dir']?.[0] ?? '') : path
}

function held(read: Read, value: string | undefined, rule: Rule): boolean {
  if (rule === 'absent') return value === undefined
  if (rule === 'set') return value !== undefined && value !== ''
  if (rule === 'file') return read.entries.some(({ path }) => path === value)
  if ('is' in rule) return value === rule.is
  if ('isNot' in rule) return value !== rule.isNot
  if ('has' in rule) return (value ?? '').split(',').includes(rule.has)
  if ('lacks' in rule) return !(value ?? '').split(',').includes(rule.lacks)
  return /^\d+$/.test(value ?? '') && Number(value) >= rule.atLeast
}

function flagsOf(words: readonly string[]): Record<string, string[]> {
  const flags: Record<string, string[]> = {}
  for (const word of words) {
    const [, name, value = 'true'] = /^--?([^=]+)(?:=(.*))?$/s.exec(word) ?? []
    if (name) flags[name] = [...(flags[name] ?? []), value]
  }
  return flags
}

function yaml(text: string): unknown {
  return parseYaml(text, 'file').value
}

function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((one, key) => (one as Record<string, unknown> | undefined)?.[key], value)
}
