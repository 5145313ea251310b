import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { buildBundle } from '../../../../bundles/build.ts'
import { withWorkFolder } from '../../../../bundles/cache.ts'
import { readInventory } from '../../../../bundles/delta/inventory.ts'
import { deltaPath } from '../../../../bundles/format/delta.ts'
import { readPrivateKey } from '../../../../bundles/keys.ts'
import { type PlanOptions, planBundle } from '../../../../bundles/plan/plan.ts'
import type { ProduceOptions } from '../../../../bundles/produce/produce.ts'
import { lockText } from '../../../../cluster/lock.ts'
import { bundlePath } from '../../../../cluster/workspace.ts'
import { isExecutable } from '../../../../lib/assets.ts'
import { refuseFull } from '../../../../lib/disk.ts'
import { fail } from '../../../../lib/errors.ts'
import { readText, writeAtomic } from '../../../../lib/files.ts'
import { sha256File } from '../../../../lib/hash.ts'
import { type Architecture, hostArchitecture } from '../../../../lib/machine.ts'
import { countOf, formatBytes, formatTable } from '../../../../lib/output.ts'
import type { Context } from '../../../command.ts'
import { ownVersion } from '../../version.ts'
import { setUp } from './setup.ts'
import { fatLimit, parseVolumeSize } from './volume-size.ts'
import { whoAndWhen } from './who.ts'

interface Options {
  key: string | undefined
  jobs: string | undefined
  volumes: boolean
  volumeSize: string | undefined
  /** Layers of images go into the bundle alone. */
  noCache: boolean
  dryRun: boolean
  /** The bundle that the other side has, or what `bundle inspect -o json` said of it there. */
  deltaFrom?: string | undefined
  /** Who builds it, and when, for the signed statement. */
  builder?: string | undefined
  builtAt?: string | undefined
}

/** Makes the bundle: by the lock that is there, or by a new one that is written first. */
export async function build(context: Context, options: Options): Promise<number> {
  const { out, workspace } = context
  const volumeSize = options.volumeSize ? parseVolumeSize(options.volumeSize) : options.volumes ? fatLimit : undefined
  const who = whoAndWhen(options, context.now)
  const base = options.deltaFrom ? await readInventory(resolve(options.deltaFrom)) : undefined
  const { noCache } = options
  if (noCache && volumeSize)
    fail('usage', 'volumes are cut from what the cache holds: --no-cache writes one file', {
      hint: 'Leave one of the two out.',
    })
  const setup = { ...(await setUp(context, { jobs: options.jobs, update: false })), noCache }
  const bundle = bundlePath(workspace, setup.spec)
  const target = base ? deltaPath(bundle) : bundle
  const tool = `redoubt ${ownVersion()}`
  refuseForeign(setup.architecture)
  if (carriesNothing(setup.spec))
    out.warn(
      `${workspace.spec} names no image, chart, manifest, release or file: redoubt itself is all that is carried`,
    )
  if (options.dryRun)
    return await showPlan(context, {
      ...setup,
      target,
      base,
      volumeSize,
      tool,
      ...who,
      executable: await plannedExecutable(setup.architecture, base !== undefined),
    })
  const keyPath = options.key ? resolve(options.key) : workspace.bundleKey
  const key = readPrivateKey(await readText(keyPath, 'Make the key pair first: `redoubt bundle keygen`.'), keyPath)
  const result = await buildBundle({
    ...setup,
    target,
    base,
    volumeSize,
    key,
    withExecutable: (work) => withExecutable(setup, work),
    tool,
    ...who,
  })
  if (!setup.pins) {
    await writeAtomic(workspace.lock, lockText(result.lock))
    out.note(`${workspace.lock} is new: it pins everything that went into this bundle`)
  }
  const { paths, size, id, blobs, leftOut } = result
  const [path = target] = paths
  if (out.format === 'json')
    out.json({
      kind: 'BundleBuilt',
      path,
      files: paths,
      id,
      size,
      blobs,
      lock: workspace.lock,
      ...(base ? { base: base.id, leftOut } : {}),
    })
  else for (const file of paths) out.data(`${file}  id ${id}`)
  out.note(
    base
      ? `next: take it to where ${base.name} ${base.version} is; there: redoubt bundle merge ${basename(path)} --base FILE`
      : `next: take it inside, with bundle.pub by another way; there: redoubt bundle verify ${basename(path)} --key bundle.pub`,
  )
  return 0
}

/** The executable for the bundle: ourselves when we are one, else a fresh build of this checkout, for whichever machine. */
async function withExecutable<T>(setup: ProduceOptions, work: (path: string) => Promise<T>): Promise<T> {
  if (isExecutable()) return await work(process.execPath)
  return await withWorkFolder(setup.cache, async (folder) => {
    const path = join(folder, 'redoubt')
    await setup.out.step('build redoubt itself', async (report) => {
      const { buildExecutable } = await import('../../../build/executable.ts')
      const { sha256 } = await buildExecutable(path, setup.architecture)
      report.detail(`redoubt ${ownVersion()}, ${setup.architecture}, sha256:${sha256.slice(0, 12)}`)
    })
    return await work(path)
  })
}

function carriesNothing({ cluster, images, charts, manifests, releases, files }: ProduceOptions['spec']): boolean {
  return !cluster && [images, charts, manifests, releases, files].every((list) => list.length === 0)
}

/** An executable can hand over itself alone; a checkout makes one for any machine. */
function refuseForeign(architecture: string): void {
  if (isExecutable() && architecture !== hostArchitecture())
    fail('failed', `this redoubt is for ${hostArchitecture()}, the bundle for ${architecture}`, {
      hint: `Build from a checkout of redoubt, or on an ${architecture} machine: a bundle carries the redoubt of its own machines.`,
    })
}

/** Says what a build would do, and fails when a disk has no room for it. */
async function showPlan({ out }: Context, options: PlanOptions): Promise<number> {
  const { parts, fetch, bundle, disks } = await planBundle(options)
  const { target } = options
  if (out.format === 'json')
    out.json({ kind: 'BundlePlan', path: target, parts: parts.map(({ blobs, ...part }) => part), fetch, bundle, disks })
  else {
    if (parts.length > 0)
      out.data(
        formatTable(
          ['TO DO', 'BYTES TO FETCH', 'PARTS, AND WHERE THEY ARE FROM'],
          parts.map(({ part, from, todo, fetch }) => [todo, String(fetch ?? '?'), `${part}, from ${from}`]),
        ),
      )
    const open = fetch.exact ? '' : ', and what nobody can say before (?)'
    const about = bundle.exact ? '' : 'about '
    const unpinned = options.pins ? '' : ', and what no lock pins yet'
    const { executable, base } = options
    // Which executable it will be is known when it is made.
    const less =
      base && !executable.exact ? `; ${formatBytes(executable.size)} less if the base holds this very redoubt` : ''
    const rows = [
      ['to fetch', `${fetch.bytes} bytes${open}`],
      [base ? 'delta' : 'bundle', `${about}${bundle.bytes} bytes, ${formatBytes(bundle.bytes)}${unpinned}${less}`],
      ...disks.map(({ folder, needed, free }) => [
        'disk',
        `${formatBytes(needed)} needed, ${formatBytes(free)} free where ${folder} is`,
      ]),
    ]
    out.data(rows.map(([name = '', text]) => `${name.padEnd(9)} ${text}`).join('\n'))
  }
  refuseFull(disks, 'what is to be fetched, with the bundle,')
  out.note(`would write ${target}${volumesOf(bundle.bytes, options)}; nothing was changed`)
  return 0
}

/** `, cut into about 3 volumes of 4.3 GB`; with no lock the bytes are without what only a lock says. */
function volumesOf(bytes: number, { volumeSize, pins }: Pick<PlanOptions, 'volumeSize' | 'pins'>): string {
  if (!volumeSize) return ''
  const count = countOf(Math.max(1, Math.ceil(bytes / volumeSize)), 'volume')
  return `, cut into ${pins ? 'about' : 'at least'} ${count} of ${formatBytes(volumeSize)}`
}

/** The executable's size: our own, or about that of the Node that it will be made of; npm fetches that of another machine. */
async function plannedExecutable(architecture: Architecture, isDelta: boolean): Promise<PlanOptions['executable']> {
  const { size } = await stat(process.execPath)
  // Whether a base holds it is all that its digest says.
  if (isExecutable())
    return { size, exact: true, digest: isDelta ? `sha256:${await sha256File(process.execPath)}` : undefined }
  if (architecture === hostArchitecture()) return { size, exact: false }
  const { nodePackages } = await import('../../../build/node.ts')
  return { size, exact: false, from: `npm’s ${nodePackages[architecture]}` }
}
