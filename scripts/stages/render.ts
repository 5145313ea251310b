import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadHosts } from '../../cluster/hosts.ts'
import { loadLock } from '../../cluster/lock.ts'
import { buildModel } from '../../cluster/model.ts'
import { loadSpec } from '../../cluster/spec.ts'
import type { Workspace } from '../../cluster/workspace.ts'
import { fail } from '../../lib/errors.ts'
import { withLock } from '../../lib/lock.ts'
import { formatTable } from '../../lib/output.ts'
import { addSecret } from '../../lib/redact.ts'
import { readAuthorities } from '../../pki/foreign.ts'
import { loadPublicPki } from '../../pki/public.ts'
import { forKubeadm } from '../../templates/kubeadm/target.ts'
import { type Rendered, type RenderInput, renderCluster } from '../../templates/render.ts'
import { type Context, flag, type OptionValues, targetOf } from '../command.ts'
import { compareRendered, renderedFiles, writeRendered } from '../render/folder.ts'
import { weakenings } from '../render/weakened.ts'

/** Renders every node's tree and the cluster's objects into rendered/, or the same for kubeadm, and says what changed since. */
export async function render(context: Context, _args: string[], options: OptionValues): Promise<number> {
  const { out, workspace } = context
  const off = [options.off ?? []].flat().map(String)
  const target = targetOf(options)
  const input = { ...(await renderInput(workspace)), off, force: flag(options, 'force') }
  const result = await out.step('Render', async (report) => {
    const rendered = renderFor(target, input)
    report.detail(
      rendered.trees.map((tree) => `${tree.node} ${tree.files.length} files`).join(', ') +
        `, ${rendered.objects.flatMap((group) => group.objects).length} objects`,
    )
    return rendered
  })
  const folder = target === 'kubeadm' ? workspace.renderedKubeadm : workspace.rendered
  const files = renderedFiles(result)
  const changes = await withLock(join(workspace.root, '.rendered.lock'), async () => {
    const found = await compareRendered(folder, files)
    if (found.length > 0) await writeRendered(folder, files)
    return found
  })
  for (const line of weakenings(result)) out.warn(line)
  if (out.format === 'json')
    out.json({
      apiVersion: 'redoubt.dev/v1alpha1',
      kind: 'RenderResult',
      folder,
      off,
      forced: result.forced,
      changes,
    })
  else if (changes.length === 0) out.data('nothing changed')
  else
    out.data(
      formatTable(
        ['CHANGE', 'FILE'],
        changes.map(({ change, path }) => [change, path]),
      ),
    )
  return 0
}

/** Renders what a workspace says. Throws `usage` naming the file that is missing or wrong. */
export async function renderWorkspace(
  workspace: Workspace,
  {
    target = 'nodes',
    off = [],
    force = false,
  }: { target?: Rendered['target']; off?: readonly string[]; force?: boolean } = {},
): Promise<Rendered> {
  return renderFor(target, { ...(await renderInput(workspace)), off, force })
}

function renderFor(target: Rendered['target'], input: RenderInput): Rendered {
  const rendered = renderCluster(input)
  return target === 'kubeadm' ? forKubeadm(input, rendered) : rendered
}

/** What a workspace is rendered from, with every control on. Throws `usage` naming the file that is missing or wrong. */
export async function renderInput(workspace: Workspace): Promise<RenderInput> {
  const spec = await loadSpec(workspace.spec)
  const [lock, hosts, pki] = await Promise.all([
    loadLock(workspace.lock),
    loadHosts(workspace.hosts),
    loadPublicPki(workspace.keys, spec),
  ])
  if (lock.kubernetes !== spec.spec.kubernetes)
    fail('usage', `redoubt.yaml wants ${spec.spec.kubernetes}, the lock holds ${lock.kubernetes ?? 'no cluster'}`, {
      where: spec.where(['spec', 'kubernetes']),
      hint: 'Build the bundle again: `redoubt bundle build`.',
    })
  const reveal = (ref: string) => readSecret(join(workspace.keys, ref))
  const authorities = (path: string) => readAuthorities(join(workspace.root, path))
  return { model: buildModel(spec, hosts), lock, pki, reveal, authorities, off: [], where: spec.where }
}

function readSecret(path: string): string {
  try {
    const text = readFileSync(path, 'utf8')
    addSecret(text)
    return text
  } catch (error) {
    return fail('usage', 'this secret cannot be read; --off encryption-at-rest fills it into a file', {
      where: path,
      hint: 'Render where the whole of keys/ is.',
      cause: error,
    })
  }
}
