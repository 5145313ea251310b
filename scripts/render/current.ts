import { join } from 'node:path'
import * as v from 'valibot'
import type { Workspace } from '../../cluster/workspace.ts'
import { fail } from '../../lib/errors.ts'
import { readText } from '../../lib/files.ts'
import type { Rendered } from '../../templates/render.ts'
import { renderWorkspace } from '../stages/render.ts'
import { compareRendered, renderedFiles } from './folder.ts'

const controlsSchema = v.object({
  target: v.picklist(['nodes', 'kubeadm']),
  off: v.array(v.string()),
  forced: v.array(v.string()),
})

/**
 * Renders the workspace once more, as `rendered/` says that it was. Throws `usage` when what lies there differs in anything: the
 * workspace changed since, or a file was edited by hand.
 */
export async function currentRendering(workspace: Workspace): Promise<Rendered> {
  const path = join(workspace.rendered, 'controls.json')
  const { target, off, forced } = readControls(await readText(path, 'Run `redoubt render` first.'), path)
  const rendered = await renderWorkspace(workspace, { target, off, force: forced.length > 0 })
  const changes = await compareRendered(workspace.rendered, renderedFiles(rendered))
  const [first] = changes
  if (first)
    fail('usage', `is not what the workspace renders now (${changes.length} files differ, first ${first.path})`, {
      where: workspace.rendered,
      hint: 'Run `redoubt render`: something changed since, or a file was edited there by hand.',
    })
  return rendered
}

/** What controls.json says of how it was rendered. Throws `usage` when it is none. */
function readControls(text: string, path: string): v.InferOutput<typeof controlsSchema> {
  try {
    return v.parse(controlsSchema, JSON.parse(text))
  } catch (error) {
    return fail('usage', 'is not as `redoubt render` writes it', {
      where: path,
      hint: 'Run `redoubt render` again.',
      cause: error,
    })
  }
}
