// A living node, as its kernel, its file system and its kubelet show it.
import { type ConfigurableName, configurable } from '../../../cluster/components.ts'
import type { Tree } from '../../../cluster/files.ts'
import type { NodeModel } from '../../../cluster/model.ts'
import { safeMessage } from '../../../lib/exec.ts'
import { parseJson } from '../../../lib/json.ts'
import { parseYaml } from '../../../lib/yaml.ts'
import { authenticationPath } from '../../../templates/controls/layout.ts'
import { readFiles } from '../../apply/plan/probe.ts'
import { readSections } from '../../ssh/sections.ts'
import type { Env } from '../env.ts'
import { describeAnswer, field } from '../judge.ts'
import { kubelets } from '../probes/targets.ts'
import { tomlScalars } from './containerd.ts'
import type { FileView, NodeView } from './view.ts'

/**
 * Prints of each process whose program is called $1 ... its name, its user and its arguments, then the authentication file (it holds no secret), then
 * mode, owner and SHA-256 of the files, mode and owner of the folders named on standard input. It goes by the program that runs, not by a command line that contains
 * its name. A line break in an argument would look like another argument: it becomes a space.
 */
export const inspection = `echo '= processes'
for p in /proc/[0-9]*; do
  exe=$(readlink "$p/exe" 2>/dev/null) || continue
  for name in "$@"; do
    [ "\${exe##*/}" = "$name" ] || continue
    echo "|c $name"
    awk '/^Uid:/ { uid = $3 } /^Gid:/ { print "|u " uid ":" $3 }' "$p/status" 2>/dev/null
    tr '\\n\\0' ' \\n' < "$p/cmdline" | tail -n +2 | sed 's/^/|a /'
  done
done
echo '= authentication'
[ ! -f ${authenticationPath} ] || sed 's/^/|/' ${authenticationPath}
echo '= files'
set --
while IFS= read -r f; do
  [ ! -h "$f" ] || continue
  [ ! -d "$f" ] || stat -c '|%f %U:%G %u:%g %n' -- "$f"
  [ ! -f "$f" ] || set -- "$@" "$f"
done
sums() { if command -v openssl >/dev/null; then openssl dgst -sha256 -r "$@"; else sha256sum -- "$@"; fi; }
if [ $# -gt 0 ]; then
  stat -c '|%f %U:%G %u:%g %n' -- "$@" 2>/dev/null
  echo '= sums'
  sums "$@" | sed 's/^/|/'
fi
echo end
`

/** Per run, each node is looked at once, by whichever probe asks first. */
const seen = new WeakMap<Env['model'], Map<string, Promise<NodeView>>>()

/** Looks at every node: its rendered files, its components' arguments, its kubelet's configuration. Throws for a node that cannot be reached. */
export function inspectNodes(env: Env): Promise<NodeView[]> {
  const known = seen.get(env.model) ?? new Map<string, Promise<NodeView>>()
  seen.set(env.model, known)
  return Promise.all(
    env.model.nodes.map((node) => {
      const view = known.get(node.name) ?? inspect(env, node)
      known.set(node.name, view)
      view.catch(() => known.delete(node.name)) // out of one probe's time: the next one asks again
      return view
    }),
  )
}

async function inspect(env: Env, node: NodeModel): Promise<NodeView> {
  const tree = env.tree(node.name)
  const paths = tree.files.map((file) => file.path)
  const asked = [...tree.folders, ...tree.files].map(({ path }) => `${path}\n`)
  const [answer, dump, kubelet] = await Promise.all([
    env.shell(node.name, inspection, { args: configurable, stdin: asked.join('') }),
    env.shell(node.name, 'containerd config dump 2>/dev/null'),
    kubeletConfig(env, node),
  ])
  const containerd =
    dump.code === 0 ? { config: tomlScalars(dump.stdout) } : { unknown: 'containerd shows no configuration' }
  return {
    where: `node ${node.name}`,
    node,
    kubelet,
    containerd,
    paths,
    ...readInspection(answer.stdout, node.name, tree),
  }
}

/** Reads what the script prints. Throws `failed` for what was not asked for. */
function readInspection(
  text: string,
  node: string,
  tree: Tree,
): Pick<NodeView, 'processes' | 'users' | 'authentication' | 'files' | 'folders'> {
  const sections = readSections(text, node)
  const processes = new Map<ConfigurableName, string[][]>()
  const users = new Map<ConfigurableName, string[]>()
  let current: string[] = []
  let own: string[] = []
  for (const line of sections.get('processes') ?? []) {
    const name = configurable.find((candidate) => line === `c ${candidate}`)
    if (name) {
      current = []
      processes.set(name, [...(processes.get(name) ?? []), current])
      own = users.get(name) ?? []
      users.set(name, own)
    } else if (line.startsWith('u ')) own.push(line.slice(2))
    else current.push(line.slice(2))
  }
  const found = readFiles(sections, node, new Set([...tree.folders, ...tree.files].map(({ path }) => path)))
  const files = new Map<string, FileView>()
  const folders = new Map<string, Omit<FileView, 'sha256'>>()
  for (const [path, { kind, mode, ids, sha256 }] of found) {
    const owner = ids === '0:0' ? 'root:root' : ids
    if (kind === 'file' && sha256) files.set(path, { mode, owner, sha256 })
    if (kind === 'folder') folders.set(path, { mode, owner })
  }
  return { processes, users, authentication: readAuthentication(sections.get('authentication') ?? []), files, folders }
}

/** A file that is no YAML is a setting that is not there. */
function readAuthentication(lines: readonly string[]): NodeView['authentication'] {
  try {
    return { config: parseYaml(`${lines.join('\n')}\n`, authenticationPath).value }
  } catch (error) {
    return { config: safeMessage(error) }
  }
}

async function kubeletConfig(env: Env, node: NodeModel): Promise<NodeView['kubelet']> {
  const target = kubelets(env).find((one) => one.node === node.name)
  if (!target) return { unknown: 'no such node' }
  try {
    const url = `${target.where}/configz`
    const answer = await env.ask({ url, trust: target.trust, as: env.verifier })
    const config =
      'error' in answer || answer.status !== 200 ? undefined : field(parseJson(answer.body), 'kubeletconfig')
    return typeof config === 'object' && config !== null
      ? { config, shown: 'configz' }
      : { unknown: `GET /configz: ${describeAnswer(answer)}` }
  } catch (error) {
    return { unknown: safeMessage(error) }
  }
}
