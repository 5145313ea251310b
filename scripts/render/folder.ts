import { lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { describeTree } from '../../cluster/files.ts'
import { fail } from '../../lib/errors.ts'
import { byCodeUnit, exists, listFiles, throwWriteError } from '../../lib/files.ts'
import { mapPool } from '../../lib/pool.ts'
import { writeYamlStream } from '../../lib/yaml.ts'
import type { Rendered } from '../../templates/render.ts'

/**
 * What `rendered/` holds, by path relative to it: each node's files (secrets and blobs stand in tree.json alone), the
 * objects in the order in which they are applied, the state of every control, and the runbook. Throws `usage` on a node named `cluster`.
 */
export function renderedFiles({
  target,
  trees,
  objects,
  controls,
  profile,
  forced,
  overrides,
  runbook,
}: Rendered): Map<string, string> {
  const files = new Map<string, string>()
  for (const tree of trees) {
    if (tree.node === 'cluster')
      fail('usage', 'a node must not be named cluster: that is the folder of the cluster’s objects', {
        hint: 'Name the node otherwise in redoubt.yaml.',
      })
    files.set(`${tree.node}/tree.json`, json(describeTree(tree)))
    for (const { path, content } of tree.files)
      if (content.kind === 'text' || content.kind === 'template') files.set(`${tree.node}${path}`, content.text)
  }
  objects.forEach(({ name, objects: group }, index) => {
    files.set(`cluster/${String(index + 1).padStart(2, '0')}-${name}.yaml`, writeYamlStream(group))
  })
  const off = controls.filter((control) => control.state === 'off').map((control) => control.id)
  files.set(
    'controls.json',
    json({ apiVersion: 'redoubt.dev/v1alpha1', kind: 'Controls', target, profile, off, forced, overrides, controls }),
  )
  files.set('runbook.md', runbook)
  return new Map([...files].sort(([a], [b]) => byCodeUnit(a, b)))
}

export interface Change {
  change: 'added' | 'changed' | 'removed'
  path: string
}

/** How `rendered/` as it is differs from what is to be written, sorted by path. Throws `usage` when it is a file or a link. */
export async function compareRendered(folder: string, files: ReadonlyMap<string, string>): Promise<Change[]> {
  const there = await exists(folder)
  if (there && !(await lstat(folder)).isDirectory())
    fail('usage', 'is no folder', { where: folder, hint: 'Move it away: `redoubt render` makes this folder itself.' })
  const before = there ? await listFiles(folder) : []
  const changes: Change[] = before.filter((path) => !files.has(path)).map((path) => ({ change: 'removed', path }))
  for (const [path, text] of files) {
    if (!before.includes(path)) changes.push({ change: 'added', path })
    else if ((await readFile(join(folder, path), 'utf8')) !== text) changes.push({ change: 'changed', path })
  }
  return changes.sort((a, b) => byCodeUnit(a.path, b.path))
}

/**
 * Replaces `rendered/` as a whole: written beside it, then swapped. A kill leaves the old folder, the new one, or (for the
 * instant between two renames) none; never a mixture. What a killed run left behind is cleared first.
 */
export async function writeRendered(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  const beside = (name: string) => join(dirname(folder), `.${basename(folder)}.${name}`)
  const [fresh, old] = [beside('new'), beside('old')]
  await rm(fresh, { recursive: true, force: true })
  await rm(old, { recursive: true, force: true })
  try {
    for (const parent of new Set([...files.keys()].map((path) => dirname(path))))
      await mkdir(join(fresh, parent), { recursive: true, mode: 0o755 })
    // Not synced one by one: what a power cut loses, the next run finds changed and writes again.
    await mapPool([...files], 16, ([path, text]) => writeFile(join(fresh, path), text, { mode: 0o644 }))
    if (await exists(folder)) await rename(folder, old)
    await rename(fresh, folder)
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    throwWriteError(error, folder)
  }
  await rm(old, { recursive: true, force: true })
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
