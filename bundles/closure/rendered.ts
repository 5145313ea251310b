// What we render ourselves names images too: pods of nodes, objects of the cluster, containerd's pause image.
import { join } from 'node:path'
import { exists, listFiles, readText } from '../../lib/files.ts'
import { referencesIn } from './text.ts'
import { type Want, wantsOfManifests } from './wants.ts'

/** The images that the workspace's rendered trees name; none where nothing is rendered yet. */
export async function wantsOfTrees(workspace: string): Promise<Want[]> {
  const wants: Want[] = []
  for (const tree of ['rendered', 'rendered-kubeadm']) {
    const folder = join(workspace, tree)
    if (!(await exists(folder))) continue
    for (const file of await listFiles(folder)) {
      const name = `${tree}/${file}`
      if (/(^|\/)manifests\/[^/]+\.ya?ml$|^cluster\/[^/]+\.ya?ml$/.test(file))
        wants.push(...wantsOfManifests(await readText(join(folder, file)), name))
      else if (/\/containerd\/[^/]+\.toml$/.test(file))
        for (const image of referencesIn(await readText(join(folder, file))))
          wants.push({ image, where: name, sure: true })
    }
  }
  return wants
}
