// The first control plane of the fixture cluster as a root folder: the tree that render gives it, filled with a fresh PKI's secrets, and nothing else.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Content, NodeTree } from '../../../cluster/files.ts'
import { loadHosts } from '../../../cluster/hosts.ts'
import { type Lock, parseLock } from '../../../cluster/lock.ts'
import { buildModel, type Model } from '../../../cluster/model.ts'
import { parseSpec } from '../../../cluster/spec.ts'
import { run } from '../../../lib/exec.ts'
import { initPki } from '../../../pki/init.ts'
import { loadPublicPki, type PublicPki } from '../../../pki/public.ts'
import { type Rendered, renderCluster } from '../../../templates/render.ts'
import { checkout } from '../harness.ts'

export interface Node {
  root: string
  keys: string
  model: Model
  lock: Lock
  pki: PublicPki
  rendered: Rendered
  tree: NodeTree
}

/** What the fixture does not set and a version could know nothing of: an identity provider and a sink of audit events. */
const outside = `  authentication:
    oidc: {issuer: https://id.example.internal, audiences: [kubernetes], ca: ca.crt}
  audit:
    webhook: {url: https://audit.example.internal/events, ca: ca.crt}
`

/** Renders the hardened fixture for a version with a PKI of its own, and fills `root` with the first control plane's tree. */
export async function makeNode(version: string, root: string): Promise<Node> {
  const fixture = (name: string) => readFileSync(join(checkout, 'test', 'fixtures', name), 'utf8')
  const of = (text: string) => text.replace(/^( *kubernetes): .*$/m, `$1: ${version}`)
  const spec = parseSpec(of(fixture('redoubt.yaml')) + outside, 'redoubt.yaml')
  const model = buildModel(spec, await loadHosts(join(checkout, 'test', 'fixtures', 'hosts.yaml')))
  const keys = join(root, 'keys')
  await initPki({ spec, folder: keys, now: new Date() })
  const pki = await loadPublicPki(keys)
  const authorities = () => pki.authority('root')
  const lock = parseLock(of(fixture('redoubt.lock.yaml')), 'redoubt.lock.yaml')
  const rendered = renderCluster({ model, lock, pki, reveal: () => '', authorities, off: [] })
  const [tree] = rendered.trees
  if (!tree) throw new Error('nothing was rendered')
  for (const { path } of tree.folders) mkdirSync(join(root, path), { recursive: true })
  for (const { path, content, mode } of tree.files) {
    const bytes = bytesOf(content, keys)
    if (bytes) put(join(root, path), bytes, mode)
  }
  await mountSystem(root)
  return { root, keys, model, lock, pki, rendered, tree }
}

function bytesOf(content: Content, keys: string): string | Buffer | undefined {
  switch (content.kind) {
    case 'text':
      return content.text
    case 'secret':
      return readFileSync(join(keys, content.ref))
    case 'template':
      return content.refs.reduce(
        (text, ref) => text.replaceAll(`{{${ref}}}`, () => readFileSync(join(keys, ref), 'utf8').trim()),
        content.text,
      )
    case 'blob':
      return undefined // programs lie where programs.ts puts them
  }
}

export function put(path: string, content: string | Buffer, mode = 0o600): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  chmodSync(path, mode)
}

/** What a process finds besides: /proc, a read-only /sys, /tmp, and four devices. */
async function mountSystem(root: string): Promise<void> {
  for (const folder of ['proc', 'sys', 'tmp', 'dev', 'run']) mkdirSync(join(root, folder), { recursive: true })
  await run(['mount', '-t', 'proc', 'proc', join(root, 'proc')])
  await run(['mount', '-t', 'sysfs', '-o', 'ro', 'sysfs', join(root, 'sys')])
  for (const [name, minor] of Object.entries({ null: '3', zero: '5', random: '8', urandom: '9' }))
    await run(['mknod', '-m', '0666', join(root, 'dev', name), 'c', '1', minor])
}
