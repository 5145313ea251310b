// Which bundle, whose key, and every byte of it checked: how most commands of this folder begin.
import type { KeyObject } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { readPublicKey } from '../../../bundles/keys.ts'
import { verifyBundle } from '../../../bundles/read/verify.ts'
import { loadBundleSpec } from '../../../cluster/bundle.ts'
import { bundlePath } from '../../../cluster/workspace.ts'
import { fail } from '../../../lib/errors.ts'
import { exists, readText } from '../../../lib/files.ts'
import { formatBytes } from '../../../lib/output.ts'
import type { Context } from '../../command.ts'

/** The bundle that the user named, or the workspace's own. Throws `usage` where there is neither. */
export async function chosenBundle({ workspace }: Context, file: string | undefined): Promise<string> {
  if (!file && !(await exists(workspace.spec)))
    fail('usage', 'no bundle is named, and no redoubt.yaml here says which it is', {
      where: workspace.root,
      hint: 'Name its file, one of its volumes, or the folder that holds it.',
    })
  return file ? resolve(file) : bundlePath(workspace, await loadBundleSpec(workspace.spec))
}

/** The public key that the user named, or the workspace's own. */
export async function readVerifyKey({ workspace }: Context, named: string | undefined): Promise<KeyObject> {
  const path = named ? resolve(named) : workspace.bundlePublicKey
  return readPublicKey(await readText(path, 'Name the public key of who made the bundle: --key bundle.pub.'), path)
}

/** The public key that the user named, if any. */
export async function readNamedKey(context: Context, named: string | undefined): Promise<KeyObject | undefined> {
  return named ? await readVerifyKey(context, named) : undefined
}

/** As readNamedKey; for the workspace's own bundle the workspace's own key, if it has one. */
export async function readKeyIfAny(
  context: Context,
  { file, key }: { file: string | undefined; key: string | undefined },
): Promise<KeyObject | undefined> {
  const { workspace } = context
  if (key || !(await exists(workspace.spec)) || !(await exists(workspace.bundlePublicKey)))
    return await readNamedKey(context, key)
  const own = !file || (await chosenBundle(context, undefined)) === resolve(file)
  return own ? await readVerifyKey(context, undefined) : undefined
}

/** Checks every byte of a bundle, as a step of its own. */
export async function verifyWhole({ out, signal }: Context, path: string, key: KeyObject): Promise<void> {
  await out.step(`verify ${path}`, async (report) => {
    const jobs = availableParallelism()
    const { archive } = await verifyBundle(path, key, { jobs, onProgress: report.progress, signal })
    report.detail(`${formatBytes(archive.size)}, all as signed`)
  })
}
