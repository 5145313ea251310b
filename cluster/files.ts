import * as v from 'valibot'
import { fail } from '../lib/errors.ts'
import { hexOf, sha256 } from '../lib/hash.ts'

/** Where a file's bytes come from. Only text and templates are written below `rendered/`. */
export type Content =
  | { kind: 'text'; text: string }
  /** A file of `keys/` (path relative to it), streamed to the node by apply and never written below `rendered/`. */
  | { kind: 'secret'; ref: string; sha256: string; size: number }
  /** Text in which each `{{REF}}` stands for the trimmed text of the file REF in `keys/`; sha256 and size are the final ones. */
  | { kind: 'template'; text: string; refs: string[]; sha256: string; size: number }
  /** A blob of the bundle. */
  | { kind: 'blob'; digest: string; size: number }

/**
 * What must happen after a file changed: `kubelet` and `containerd` are restarted, `sysctl` and `firewall` loaded, `routes` run
 * again, `sshd` told to read its configuration, `units` = systemd reads its units. A static pod's manifest needs none: the kubelet sees it; a file that a static pod
 * reads only at its start names that pod, and render folds its hash into the manifest.
 */
const restartTargets = ['containerd', 'kubelet', 'sysctl', 'firewall', 'routes', 'sshd', 'units'] as const
export type RestartTarget = (typeof restartTargets)[number]

export interface NodeFile {
  path: string
  /** Permission bits, such as 0o600. */
  mode: number
  /** `root:root` */
  owner: string
  content: Content
  restarts: RestartTarget[]
  /** `create`: placed once, then the node's own (a certificate that the kubelet rotates). */
  manage: 'always' | 'create'
}

/** A user of a node, and a group of the same name. */
export interface SystemUser {
  name: string
  uid: number
  gid: number
}

export interface NodeFolder {
  path: string
  mode: number
  owner: string
  /** What is within belongs to its owner too: a process keeps its data there. */
  whole?: true
}

/** A node's whole tree: users, then folders with their modes, then files, each sorted by path. */
export interface NodeTree {
  node: string
  /** Made where they are missing, and never taken away. */
  users: SystemUser[]
  folders: NodeFolder[]
  files: NodeFile[]
  /** References (`redoubt.dev/etcd@sha256:...`) of the images this node needs, sorted. */
  images: string[]
}

const mode = v.pipe(v.string(), v.regex(/^0[0-7]{3,4}$/, 'expected a mode like 0644'))
const id = '([a-z_][a-z0-9_-]{0,31}|[0-9]{1,10})'
const owner = v.pipe(v.string(), v.regex(new RegExp(`^${id}:${id}$`), 'expected an owner like root:root'))
const image = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}$/, 'expected an image by its digest: NAME@sha256:HEX'),
)

const number = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65533))
const user = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'expected a name like etcd')),
  uid: number,
  gid: number,
})
const folder = v.strictObject({ path: v.string(), mode, owner, whole: v.exactOptional(v.literal(true)) })

const entry = v.strictObject({
  path: v.string(),
  mode,
  owner,
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits')),
  size: v.pipe(v.number(), v.integer(), v.minValue(0)),
  from: v.variant('kind', [
    v.strictObject({ kind: v.literal('text') }),
    v.strictObject({ kind: v.literal('secret'), ref: v.string() }),
    v.strictObject({ kind: v.literal('template'), refs: v.array(v.string()) }),
    v.strictObject({ kind: v.literal('blob') }),
  ]),
  restarts: v.array(v.picklist(restartTargets)),
  manage: v.picklist(['always', 'create']),
})

/** `rendered/NODE/tree.json`: what apply compares a node with. */
const treeSchema = v.strictObject({
  apiVersion: v.literal('redoubt.dev/v1alpha1'),
  kind: v.literal('NodeTree'),
  node: v.string(),
  /** Trees that were applied before there were any have none. */
  users: v.optional(v.array(user), []),
  folders: v.array(folder),
  files: v.array(entry),
  images: v.array(image),
})
export type Tree = v.InferOutput<typeof treeSchema>
export type TreeEntry = Tree['files'][number]

/** The tree as tree.json holds it. */
export function describeTree(tree: NodeTree): Tree {
  return {
    apiVersion: 'redoubt.dev/v1alpha1',
    kind: 'NodeTree',
    node: tree.node,
    users: tree.users,
    folders: tree.folders.map((folder) => ({ ...folder, mode: octal(folder.mode) })),
    files: tree.files.map((file): TreeEntry => {
      const { path, owner, restarts, manage } = file
      return { path, mode: octal(file.mode), owner, ...finalBytes(file.content), restarts, manage }
    }),
    images: tree.images,
  }
}

function finalBytes(content: Content): Pick<TreeEntry, 'sha256' | 'size' | 'from'> {
  switch (content.kind) {
    case 'text':
      return { sha256: sha256(content.text), size: Buffer.byteLength(content.text), from: { kind: 'text' } }
    case 'secret':
      return { sha256: content.sha256, size: content.size, from: { kind: 'secret', ref: content.ref } }
    case 'template':
      return { sha256: content.sha256, size: content.size, from: { kind: 'template', refs: content.refs } }
    case 'blob':
      return { sha256: hexOf(content.digest), size: content.size, from: { kind: 'blob' } }
  }
}

/** Reads tree.json. Throws `usage` naming the file. */
export function parseTree(text: string, file: string): Tree {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return fail('usage', 'is no JSON', { where: file, hint: 'Run `redoubt render` again.', cause: error })
  }
  const result = v.safeParse(treeSchema, value)
  return result.success
    ? result.output
    : fail('usage', `${v.getDotPath(result.issues[0]) ?? 'the file'}: ${result.issues[0].message}`, {
        where: file,
        hint: 'Run `redoubt render` again.',
      })
}

/** `0600` */
export function octal(mode: number): string {
  return `0${mode.toString(8).padStart(3, '0')}`
}
