// Whether what a control sets is what runs: the same question to a living node and to its rendered tree. Nothing here does I/O.
import { type ConfigurableName, configurable } from '../../../cluster/components.ts'
import { describeTree, type NodeFile, octal } from '../../../cluster/files.ts'
import { filesFor } from '../../../templates/compose.ts'
import type { Args, Contribution, ModeRule, Site } from '../../../templates/control.ts'
import { etcdKeys, etcdOwner } from '../../../templates/controls/etcd-own-user.ts'
import { controls } from '../../../templates/controls.ts'
import { ruleOf } from '../../../templates/node/modes.ts'
import { field } from '../judge.ts'
import { type Check, check } from '../probe.ts'
import { listOf, overruled, scalarOf } from './arguments.ts'
import { judgeAuthentication } from './authentication.ts'
import { judgeContainerd } from './containerd.ts'
import type { FileView, NodeView } from './view.ts'

/** The items that any control or the spec may put into a list flag: what is beyond them was put there by somebody else. */
export type Known = (component: ConfigurableName, flag: string) => readonly string[]

/** What all controls together, and the spec, put into the lists of a component. */
export function knownItems(site: Site): Known {
  const contributions = controls.map((control) => control.on(site))
  return (component: ConfigurableName, flag: string) => {
    const own = site.model.spec.components[component].args[flag]
    return [
      ...contributions.flatMap(({ args }) => args?.[component]?.[flag] ?? []),
      ...(own === undefined ? [] : String(own).split(',')),
    ]
  }
}

/** The checks of one contribution on one node. Empty where it sets nothing there. */
export function judgeContribution(view: NodeView, sets: Contribution, known: Known): Check[] {
  const onControlPlane = view.node.role === 'control-plane'
  return [
    ...(onControlPlane ? configurable.flatMap((name) => judgeArgs(view, name, sets.args?.[name] ?? {}, known)) : []),
    ...judgeKubelet(view, sets.kubelet ?? {}),
    ...(onControlPlane ? judgeAuthentication(view, sets.authentication ?? {}) : []),
    ...judgeContainerd(view, sets.containerd ?? {}),
    ...(onControlPlane ? [...judgeUsers(view, sets.users ?? {}), ...judgeOwners(view, sets.owners ?? {})] : []),
    ...filesFor(view.node, sets).map((file) => judgeFile(view, file)),
    ...judgeModes(view, sets.modes ?? []),
  ]
}

function judgeArgs(view: NodeView, component: ConfigurableName, args: Args, known: Known): Check[] {
  const processes = view.processes.get(component) ?? []
  return Object.entries(args).flatMap(([flag, wanted]) => {
    const sent = `--${flag} of ${component}`
    const expected = typeof wanted === 'string' ? wanted : wanted.join(',')
    if (processes.length === 0) return [check('unknown', view.where, sent, expected, `no process ${component}`)]
    return processes.map((process) => {
      const instead = overruled(process, component)
      if (instead !== undefined) return check('fail', view.where, sent, expected, instead)
      const found = typeof wanted === 'string' ? scalarOf(process, flag) : listOf(process, flag, component)
      const holds = typeof wanted === 'string' ? found === wanted : holdsList(found, wanted, known(component, flag))
      return check(holds ? 'pass' : 'fail', view.where, sent, expected, found === undefined ? 'not set' : String(found))
    })
  })
}

function holdsList(found: unknown, wanted: readonly string[], known: readonly string[]): boolean {
  return (
    Array.isArray(found) &&
    wanted.every((item) => found.includes(item)) &&
    found.every((item) => wanted.includes(item) || known.includes(item))
  )
}

/** A living kubelet leaves out of what it shows whatever is zero or false; what its file leaves out is upstream's default instead. */
function isZero(value: unknown): boolean {
  return value === 0 || value === false || value === ''
}

function judgeKubelet(view: NodeView, fields: Readonly<Record<string, unknown>>): Check[] {
  const { kubelet } = view
  return Object.entries(fields).map(([path, wanted]) => {
    const sent = `${path} of the kubelet`
    const expected = String(wanted)
    if ('unknown' in kubelet) return check('unknown', view.where, sent, expected, kubelet.unknown)
    const seen = field(kubelet.config, ...path.split('.'))
    const holds = seen === undefined ? kubelet.shown === 'configz' && isZero(wanted) : sameValue(seen, wanted)
    return check(holds ? 'pass' : 'fail', view.where, sent, expected, seen === undefined ? 'not set' : String(seen))
  })
}

/** Durations are shown in another way than they are written: `5m0s`, `300s`. */
function sameValue(seen: unknown, wanted: unknown): boolean {
  const [a, b] = [seconds(seen), seconds(wanted)]
  return a !== undefined && b !== undefined ? a === b : JSON.stringify(seen) === JSON.stringify(wanted)
}

/** Seconds of a Go duration of hours, minutes and seconds; undefined when it is none. */
function seconds(value: unknown): number | undefined {
  const match = typeof value === 'string' ? /^(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?$/.exec(value) : null
  return match ? Number(match[1] ?? 0) * 3600 + Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0) : undefined
}

function judgeUsers(view: NodeView, users: NonNullable<Contribution['users']>): Check[] {
  return configurable.flatMap((component) => {
    const wanted = users[component]
    if (!wanted) return []
    const [sent, expected] = [`user and group of ${component}`, `${wanted.uid}:${wanted.gid}`]
    const found = view.users.get(component) ?? []
    if (found.length === 0) return [check('unknown', view.where, sent, expected, `no process ${component}`)]
    return found.map((saw) => check(saw === expected ? 'pass' : 'fail', view.where, sent, expected, saw))
  })
}

function judgeOwners(view: NodeView, owners: NonNullable<Contribution['owners']>): Check[] {
  return Object.entries(owners).map(([path, expected]) => {
    const saw = (view.files.get(path) ?? view.folders.get(path))?.owner ?? 'not there'
    return check(saw === expected ? 'pass' : 'fail', view.where, `owner of ${path}`, expected, saw)
  })
}

/** One check for each rule that a file of this node falls under: no bit beyond the rule's, and root's; or etcd's, what it alone reads. */
function judgeModes(view: NodeView, rules: readonly ModeRule[]): Check[] {
  return rules.flatMap((rule) => {
    const own = view.paths.filter((path) => ruleOf(path, rules) === rule)
    if (own.length === 0) return []
    const worst = own.find((path) => !isClosed(path, view.files.get(path), rule))
    const etcds = own.filter((path) => etcdKeys.includes(path)).length
    const owner = etcds === 0 ? 'root:root' : `root:root (${etcds} may be etcd’s)`
    const sent = `mode and owner of ${own.length} files below ${rule.below}`
    const found = worst === undefined ? undefined : view.files.get(worst)
    const saw =
      worst === undefined ? 'as expected' : `${worst}: ${found ? `${found.mode} ${found.owner}` : 'no regular file'}`
    return [
      check(worst === undefined ? 'pass' : 'fail', view.where, sent, `at most ${octal(rule.mode)}, ${owner}`, saw),
    ]
  })
}

function isClosed(path: string, file: FileView | undefined, rule: ModeRule): boolean {
  if (file === undefined || (Number.parseInt(file.mode, 8) & ~rule.mode) !== 0) return false
  return file.owner === 'root:root' || (file.owner === etcdOwner && etcdKeys.includes(path))
}

function judgeFile(view: NodeView, file: NodeFile): Check {
  const [entry] = describeTree({ node: '', users: [], folders: [], files: [file], images: [] }).files
  const brief = (one: { sha256: string; mode: string; owner: string }) =>
    `sha256:${one.sha256.slice(0, 16)}…, ${one.mode}, ${one.owner}`
  const sent = `file ${file.path}`
  if (!entry) throw new Error('describeTree lost a file')
  const found = view.files.get(file.path)
  if (!found) return check('fail', view.where, sent, brief(entry), 'no such file')
  const same = found.sha256 === entry.sha256 && found.mode === entry.mode && found.owner === entry.owner
  return check(same ? 'pass' : 'fail', view.where, sent, brief(entry), brief(found))
}
