import { paths } from '../../../cluster/components.ts'
import type { Tree } from '../../../cluster/files.ts'
import type { DebPackage } from '../../../cluster/lock.ts'
import { nonsense, readSections, type Sections } from '../../ssh/sections.ts'
import type { NodeShell } from '../../ssh/transport.ts'
import { nodePlaces } from '../on-node/places.ts'

export interface SeenFile {
  /** `file`, `folder`, or what else is there. */
  kind: 'file' | 'folder' | 'other'
  /** Permission bits as tree.json writes them: `0600`. */
  mode: string
  /** `root:root`, and in numbers. */
  owner: string
  ids: string
  /** Of regular files. */
  sha256?: string
}

/** What a node's tables of users and groups have for a user of the tree; `-` where they have nothing. */
export interface SeenUser {
  /** The uid and gid of the user of this name. */
  ids: string
  /** The name of the user with this uid. */
  holder: string
  /** The gid of the group of this name. */
  group: string
  /** The name of the group with this gid. */
  groupHolder: string
}

export interface SeenUnit {
  active: boolean
  enabled: boolean
}

/** What a node is like now, as far as the plan depends on it. */
export interface NodeState {
  files: Map<string, SeenFile>
  users: Map<string, SeenUser>
  /** How many entries within a whole folder belong to others, by its path. */
  strangers: Map<string, number>
  packages: Map<string, 'installed' | 'older' | 'missing'>
  /** Digest by image reference. */
  images: Map<string, string>
  units: Map<string, SeenUnit>
  /** The text of /var/lib/redoubt/tree.json; empty when there is none. */
  tree: string
  /** Restarts that an interrupted run still owes. */
  pending: string[]
  /** `NAME SHA256`, or empty on a node that no cluster of ours has. */
  cluster: string
  bootstrapped: boolean
  /** True when etcd has data in the folder that the tree gives it. */
  etcdData: boolean
  /** Where the manifest that is there makes the API server listen. */
  apiPort: number | undefined
  /** `armed`, `firing`, or `rolled-back TIME`; empty when there is nothing. */
  rollback: string
}

/**
 * Answers what readState reads. Standard input: `f PATH`, `p NAME VERSION`, `u UNIT`, `n NAME UID GID`, `w PATH UID GID` lines. Programs are hundreds of megabytes: openssl,
 * where there is one, uses the processor's own SHA-256 and is four times as fast as Debian's sha256sum.
 */
const probeScript = `
section() { printf '= %s\\n' "$1"; }
bar() { while IFS= read -r line || [ -n "$line" ]; do printf '|%s\\n' "$line"; done; }
show() { section "$1"; [ ! -r "$2" ] || head -c 2097152 "$2" | bar; }
entry() { getent "$1" "$2" | cut -d: -f "$3" | grep . || echo -; }
sums() { if command -v openssl >/dev/null; then openssl dgst -sha256 -r "$@"; else sha256sum -- "$@"; fi; }
section packages
while read -r kind name version gid; do
  case $kind in
  n) users="$users|$name $(entry passwd "$name" 3,4) $(entry passwd "$version" 1) $(entry group "$name" 3) $(entry group "$gid" 1)
" ;;
  w)
    count=$(find "$name" -xdev -mindepth 1 '(' ! -user "$version" -o ! -group "$gid" ')' -printf . 2>/dev/null | wc -c)
    whole="$whole|$count $name
"
    [ ! -d "$name/member" ] || etcd=yes ;;
  f) set -- "$@" "$name" ;;
  u) units="$units $name" ;;
  p)
    have=$(dpkg-query -W -f='\${db:Status-Status} \${Version}' "$name" 2>/dev/null) || have=
    case $have in
    "installed $version") state=installed ;;
    'installed '*) dpkg --compare-versions "\${have#* }" gt "$version" && state=installed || state=older ;;
    *) state=missing ;;
    esac
    printf '|%s %s\\n' "$name" "$state" ;;
  esac
done
section users
printf %s "$users"
section whole
printf %s "$whole"
section files
[ $# = 0 ] || stat -c '%f %U:%G %u:%g %n' -- "$@" 2>/dev/null | bar
section sums
for f in "$@"; do shift; [ -f "$f" ] && [ ! -h "$f" ] && set -- "$@" "$f"; done
[ $# = 0 ] || sums "$@" | bar
section units
for u in $units; do
  printf '|%s %s %s\\n' "$u" "$(systemctl is-active "$u" 2>/dev/null)" "$(systemctl is-enabled "$u" 2>/dev/null)"
done
section images
[ ! -S ${paths.containerdSocket} ] || ! command -v ctr >/dev/null || timeout 20 ctr -n k8s.io images ls 2>/dev/null | bar
show tree ${nodePlaces.tree}
show pending ${nodePlaces.pending}
show cluster ${nodePlaces.cluster}
show bootstrapped ${nodePlaces.bootstrapped}
section etcd
[ -z "$etcd" ] || echo '|yes'
section port
sed -n 's/^ *- --secure-port=\\([0-9]*\\)$/|\\1/p' ${paths.manifests}/kube-apiserver.yaml 2>/dev/null
section rollback
for s in rolled-back armed firing; do
  [ ! -e ${nodePlaces.rollback}/$s ] || printf '|%s %s\\n' $s "$(head -c 100 ${nodePlaces.rollback}/$s)"
done
echo end
`

/** Asks a node what of its tree and packages it has. Throws `failed` naming the node. */
export async function probeNode(
  shell: NodeShell,
  tree: Tree,
  packages: readonly DebPackage[],
  signal: AbortSignal,
): Promise<NodeState> {
  const list = [
    ...tree.users.map(({ name, uid, gid }) => `n ${name} ${uid} ${gid}`),
    ...tree.folders.flatMap((entry) =>
      entry.whole ? [`w ${entry.path} ${idsOf(entry.owner).replace(':', ' ')}`] : [],
    ),
    ...packages.map((entry) => `p ${entry.name} ${entry.version}`),
    ...[...tree.folders, ...tree.files].map((entry) => `f ${entry.path}`),
    ...treeUnits(tree).map((unit) => `u ${unit}`),
  ]
  const { stdout } = await shell.run(probeScript, { stdin: `${list.join('\n')}\n`, signal, timeout: 120_000 })
  return readState(stdout, shell.name, tree)
}

/** An owner of a tree in numbers, which it is already unless it is root. */
function idsOf(owner: string): string {
  return owner === 'root:root' ? '0:0' : owner
}

/** The units of a tree that are to be enabled and running: those that have a file of their own in systemd's folder. */
export function treeUnits(tree: Pick<Tree, 'files'>): string[] {
  const found = tree.files.map((file) => /^\/etc\/systemd\/system\/([\w@.-]+\.(?:service|timer))$/.exec(file.path)?.[1])
  return found.filter((unit) => unit !== undefined)
}

/** Reads what probeScript prints. Paths that were not asked for are refused like any other nonsense. */
export function readState(text: string, node: string, tree: Tree): NodeState {
  const sections = readSections(text, node)
  const lines = (name: string) => sections.get(name) ?? []
  const [rollback = ''] = lines('rollback').slice(-1)
  return {
    files: readFiles(sections, node, new Set([...tree.folders, ...tree.files].map((entry) => entry.path))),
    users: new Map(
      lines('users').map((line) => {
        const [, name = '', ids = '', holder = '', group = '', groupHolder = ''] = match(
          line,
          /^(\S+) (-|\d+:\d+) (\S+) (-|\d+) (\S+)$/,
          node,
        )
        return [name, { ids, holder, group, groupHolder }]
      }),
    ),
    strangers: new Map(
      lines('whole').map((line) => {
        const [, count = '', path = ''] = match(line, /^(\d+) (\/.*)$/, node)
        return [path, Number(count)]
      }),
    ),
    packages: new Map(
      lines('packages').map((line) => {
        const [, name = '', state = ''] = match(line, /^(\S+) (installed|older|missing)$/, node)
        return [name, state as 'installed']
      }),
    ),
    // REF TYPE DIGEST SIZE PLATFORMS LABELS, under a heading
    images: new Map(
      lines('images').flatMap((line) => {
        const [, reference, digest] = /^(\S+)\s+\S+\s+(sha256:[0-9a-f]{64})\s/.exec(line) ?? []
        return reference && digest ? [[reference, digest] as const] : []
      }),
    ),
    units: new Map(
      lines('units').map((line) => {
        const [, name = '', active, enabled] = match(line, /^(\S+) (\S*) ?(\S*)$/, node)
        return [name, { active: active === 'active', enabled: enabled === 'enabled' }]
      }),
    ),
    tree: lines('tree').join('\n'),
    pending: lines('pending'),
    cluster: lines('cluster').join('\n'),
    bootstrapped: lines('bootstrapped').length > 0,
    etcdData: lines('etcd').includes('yes'),
    apiPort: /^\d{1,5}$/.test(lines('port')[0] ?? '') ? Number(lines('port')[0]) : undefined,
    rollback: rollback.trim(),
  }
}

/** Reads the sections `files` and `sums` of the files that were asked for. Throws `failed` for others. */
export function readFiles(sections: Sections, node: string, asked: ReadonlySet<string>): Map<string, SeenFile> {
  const files = new Map<string, SeenFile>()
  for (const line of sections.get('files') ?? []) {
    const [, raw = '', owner = '', ids = '', path = ''] = match(line, /^([0-9a-f]+) (\S+:\S+) (\d+:\d+) (\/.*)$/, node)
    if (!asked.has(path)) nonsense(line, node)
    const bits = Number.parseInt(raw, 16)
    // st_mode: inode(7)
    const kind = (bits & 0o170000) === 0o100000 ? 'file' : (bits & 0o170000) === 0o040000 ? 'folder' : 'other'
    files.set(path, { kind, mode: `0${(bits & 0o7777).toString(8).padStart(3, '0')}`, owner, ids })
  }
  for (const line of sections.get('sums') ?? []) {
    const [, sum = '', path = ''] = match(line, /^([0-9a-f]{64}) [ *](\/.*)$/, node)
    if (!asked.has(path)) nonsense(line, node)
    const file = files.get(path) // none: it appeared between the two questions
    if (file) file.sha256 = sum
  }
  return files
}

function match(line: string, pattern: RegExp, node: string): RegExpExecArray {
  return pattern.exec(line) ?? nonsense(line, node)
}
