// A cluster that runs exactly what was rendered, as its nodes and API server would answer; a test spoils what they say.
import { configurable, paths } from '../../../cluster/components.ts'
import { describeTree } from '../../../cluster/files.ts'
import { objectPath } from '../../../cluster/objects.ts'
import { readSections } from '../../../scripts/ssh/sections.ts'
import { inspection } from '../../../scripts/verify/attest/inspect.ts'
import { renderedView } from '../../../scripts/verify/attest/rendered-view.ts'
import { runProbes } from '../../../scripts/verify/engine.ts'
import type { Env } from '../../../scripts/verify/env.ts'
import type { ProbeResult } from '../../../scripts/verify/fold.ts'
import type { Answer } from '../../../scripts/verify/judge.ts'
import { probes } from '../../../scripts/verify/probes.ts'
import type { Rendered, RenderInput } from '../../../templates/render.ts'
import { textOf, yamlOf } from '../../templates/fixture.ts'
import { fakeEnv } from './fakes.ts'

/** What is otherwise than rendered, in whatever a node says of itself. */
export interface Spoiled {
  /** The inspection of a node: lines as its script prints them. */
  inspection?: (text: string) => string
  /** A kubelet's merged configuration. */
  configz?: (config: Record<string, unknown>) => unknown
  /** Parts of the Env. */
  env?: Partial<Env>
}

/** An Env of nodes that run what was rendered. Requests that no attestation makes are answered with 404. */
function livingEnv(input: RenderInput, rendered: Rendered, spoiled: Spoiled = {}): Env {
  const { model, lock } = input
  const objects = new Map(rendered.objects.flatMap((group) => group.objects).map((one) => [objectPath(one), one]))
  const trees = new Map(rendered.trees.map((tree) => [tree.node, describeTree(tree)]))
  const answer = (body: unknown, status = 200): Answer => ({ status, headers: {}, body: JSON.stringify(body) })
  return fakeEnv({
    model: { ...model }, // nodes are looked at once for each model: another test's must not count here
    lock,
    site: input,
    tree: (node) => trees.get(node) ?? { ...describeTree({ node, users: [], folders: [], files: [], images: [] }) },
    renderedHash: (node, path) => trees.get(node)?.files.find((file) => file.path === path)?.sha256,
    shell: async (node, script) => {
      const stdout =
        script === inspection
          ? (spoiled.inspection ?? same)(inspected(input, rendered, node))
          : textOf(rendered.trees, paths.containerdConfig, node)
      return { code: 0, stdout }
    },
    ask: async ({ url }) => {
      const { hostname, pathname } = new URL(url)
      const node = model.nodes.find(({ address }) => address === hostname)?.name ?? ''
      if (pathname === '/configz') {
        const config = yamlOf(rendered.trees, `${paths.kubeletData}/config.yaml`, node)
        return answer({ kubeletconfig: (spoiled.configz ?? same)(config) })
      }
      const found = objects.get(pathname)
      return found ? answer(found) : answer({ kind: 'Status', code: 404 }, 404)
    },
    ...spoiled.env,
  })
}

/** Puts probes to such a cluster, as verify does. Throws for an id that is no probe's. */
export function askLiving(
  input: RenderInput,
  rendered: Rendered,
  ids: readonly string[],
  spoiled: Spoiled = {},
): Promise<ProbeResult[]> {
  const asked = ids.map((id) => {
    const probe = probes.find((one) => one.id === id)
    if (!probe) throw new Error(`no probe ${id}`)
    return probe
  })
  const never = () => new AbortController().signal
  const now = () => new Date('2027-01-15T12:00:00Z')
  const controls = Object.fromEntries(
    rendered.controls.map(({ id, state, because = '' }) => [id, { state, why: because }]),
  )
  const { waivers } = input.model.spec
  const options = { signal: never(), budget: 60_000, parallel: 4, controls, waivers, now, deadline: never }
  return runProbes(asked, livingEnv(input, rendered, spoiled), options)
}

/** What the inspection prints on a node that is as rendered. */
function inspected(input: RenderInput, rendered: Rendered, node: string): string {
  const index = rendered.trees.findIndex((one) => one.node === node)
  const [tree, model] = [rendered.trees[index], input.model.nodes[index]]
  if (!tree || !model) throw new Error(`no node ${node}`)
  const view = renderedView(tree, model)
  const processes = configurable.flatMap((name) =>
    (view.processes.get(name) ?? []).flatMap((args) => [
      `|c ${name}`,
      `|u ${view.users.get(name)?.[0]}`,
      ...args.map((arg) => `|a ${arg}`),
    ]),
  )
  const authentication = textOf(rendered.trees, '/etc/kubernetes/apiserver/authentication.yaml', node)
  const line = (type: number, path: string, { mode, owner }: { mode: string; owner: string }) => {
    const bits = (type | Number.parseInt(mode, 8)).toString(16)
    return `|${bits} ${owner === 'root:root' ? 'root:root 0:0' : `etcd:etcd ${owner}`} ${path}`
  }
  const files = [
    ...[...view.folders].map(([path, folder]) => line(0o040000, path, folder)),
    ...[...view.files].map(([path, file]) => line(0o100000, path, file)),
  ]
  const text = [
    '= processes',
    ...processes,
    '= authentication',
    ...(authentication === '' ? [] : authentication.trimEnd().split('\n').map(bar)),
    '= files',
    ...files,
    '= sums',
    ...[...view.files].map(([path, { sha256 }]) => `|${sha256} *${path}`),
    'end',
  ].join('\n')
  readSections(text, node) // as the script prints it, or the test is worth nothing
  return `${text}\n`
}

function bar(line: string): string {
  return `|${line}`
}

function same<T>(value: T): T {
  return value
}
