import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Bundle, openBundle } from '../../bundles/read.ts'
import { bundleOf } from '../../cluster/bundle.ts'
import { parseTree, type Tree } from '../../cluster/files.ts'
import { type Hosts, loadHosts } from '../../cluster/hosts.ts'
import { loadLock } from '../../cluster/lock.ts'
import { buildModel, type Model } from '../../cluster/model.ts'
import type { KubeObject } from '../../cluster/objects.ts'
import { type LoadedSpec, loadSpec } from '../../cluster/spec.ts'
import { bundlePath, type Workspace } from '../../cluster/workspace.ts'
import { fail } from '../../lib/errors.ts'
import { byCodeUnit, readText } from '../../lib/files.ts'
import { sha256 } from '../../lib/hash.ts'
import { parseYamlStream } from '../../lib/yaml.ts'
import { loadPublicPki } from '../../pki/public.ts'
import type { Rendered } from '../../templates/render.ts'
import { createApi } from '../api.ts'
import { currentRendering } from '../render/current.ts'
import type { Apis } from './run.ts'

/** Everything that apply reads before it speaks to a node. */
export interface Inputs {
  spec: LoadedSpec
  hosts: Hosts['hosts']
  model: Model
  bundle: Bundle
  trees: { tree: Tree; text: string }[]
  objects: { name: string; objects: KubeObject[] }[]
  /** `NAME SHA256-OF-ROOT` */
  cluster: string
  /** The same once more, from the workspace as it is now. */
  rendered: Rendered
}

/** Reads the workspace and opens the bundle. Throws `usage` for what is missing or stale, `integrity` for a bad bundle. */
export async function loadInputs(workspace: Workspace, options: { bundle?: string; key?: string }): Promise<Inputs> {
  const [spec, hosts, lock, pki] = await Promise.all([
    loadSpec(workspace.spec),
    loadHosts(workspace.hosts),
    loadLock(workspace.lock),
    loadPublicPki(workspace.keys),
  ])
  const rendered = await currentRendering(workspace)
  const { name } = spec.metadata
  const path = options.bundle ? resolve(options.bundle) : bundlePath(workspace, bundleOf(spec))
  const keyPath = resolve(options.key ?? workspace.bundlePublicKey)
  const bundle = await openBundle(path, await readText(keyPath, 'Name the public key with --key.'), keyPath)
  if (JSON.stringify(bundle.lock) !== JSON.stringify(lock)) {
    await bundle.close()
    fail('usage', 'is not the lock of this bundle', {
      where: workspace.lock,
      hint: `Take both from the same build, then render again. The bundle is ${path}.`,
    })
  }
  return {
    spec,
    hosts: hosts.hosts,
    model: buildModel(spec, hosts),
    bundle,
    trees: await Promise.all(spec.spec.nodes.map((node) => readTree(workspace, node.name))),
    objects: await readObjects(workspace),
    cluster: `${name} ${sha256(pki.authority('root'))}`,
    rendered,
  }
}

/** The operator's two identities at one address. */
export async function loadApis(workspace: Workspace, url: string): Promise<Apis> {
  const pki = await loadPublicPki(workspace.keys)
  const identity = async (id: string) =>
    createApi({
      url,
      ca: pki.trust('api-servers-and-root'),
      cert: pki.certificate(id),
      key: await readText(join(workspace.keys, `${id}.key`), 'Run `redoubt pki init`.'),
    })
  return { admin: await identity('admin'), superAdmin: await identity('super-admin') }
}

async function readTree(workspace: Workspace, node: string): Promise<Inputs['trees'][number]> {
  const path = join(workspace.rendered, node, 'tree.json')
  const text = await readText(path, 'Run `redoubt render` first.')
  return { tree: parseTree(text, path), text }
}

async function readObjects(workspace: Workspace): Promise<Inputs['objects']> {
  const folder = join(workspace.rendered, 'cluster')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort(byCodeUnit)
  return Promise.all(
    names.map(async (file) => {
      const path = join(folder, file)
      const objects = parseYamlStream(await readText(path), path) as KubeObject[]
      return { name: file.replace(/^\d+-|\.yaml$/g, ''), objects }
    }),
  )
}
