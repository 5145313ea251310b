import { availableParallelism } from 'node:os'
import { cacheRoot, openCache } from '../../../../bundles/cache.ts'
import { type Catalog, catalogFor, emptyCatalog } from '../../../../bundles/catalog.ts'
import { movesOf, namesOf } from '../../../../bundles/produce/moves.ts'
import { unpinnedPackages } from '../../../../bundles/produce/packages.ts'
import type { ProduceOptions } from '../../../../bundles/produce/produce.ts'
import { loadBundleSpec } from '../../../../cluster/bundle.ts'
import { type Lock, loadLock } from '../../../../cluster/lock.ts'
import { fail } from '../../../../lib/errors.ts'
import { exists } from '../../../../lib/files.ts'
import { hostArchitecture } from '../../../../lib/machine.ts'
import { profiles } from '../../../../templates/profiles.ts'
import type { Context } from '../../../command.ts'

/**
 * What making a lock or a bundle needs: spec, catalogue, cache, and the lock as pins when there is one and it is to hold; with `names`, all
 * but these.
 */
export async function setUp(
  context: Context,
  options: { jobs: string | undefined; update: boolean; names?: readonly string[] },
): Promise<ProduceOptions> {
  const { workspace, out, signal } = context
  const jobs = jobCount(options.jobs) ?? availableParallelism()
  const connections = jobCount(options.jobs) ?? 8
  const spec = await loadBundleSpec(workspace.spec)
  const cluster = spec.cluster?.spec
  const catalog = cluster ? catalogFor(cluster.kubernetes, cluster.network.provider) : emptyCatalog
  const names = options.names ?? []
  const whole = options.update && names.length === 0
  const pins = !whole && (await exists(workspace.lock)) ? await loadLock(workspace.lock) : undefined
  const stale = { where: workspace.lock, hint: 'Move the pins with `redoubt bundle lock --update`.' }
  if (pins && pins.kubernetes !== catalog.kubernetes)
    fail('usage', `redoubt.lock.yaml is ${ofWhat(pins)}, redoubt.yaml ${ofWhat(catalog)}`, stale)
  if (pins && !pinsAll(pins, catalog))
    fail('usage', `redoubt.lock.yaml was made for another pod network than ${cluster?.network.provider}`, stale)
  const lacking = pins && names.length === 0 ? unpinnedPackages(pins, catalog) : []
  if (lacking.length > 0)
    fail('usage', `pins no ${lacking.join(', ')}: an older redoubt made it, whose images lack this`, {
      where: workspace.lock,
      hint: `Add it with \`redoubt bundle lock --update ${lacking.join(' ')}\`, or move all pins: leave the name out.`,
    })
  if (pins && spec.architecture && pins.architecture !== spec.architecture)
    fail('usage', `redoubt.lock.yaml is for ${pins.architecture}, redoubt.yaml for ${spec.architecture}`, stale)
  const cache = await openCache(cacheRoot())
  const architecture = spec.architecture ?? pins?.architecture ?? hostArchitecture()
  const moving = pins ? movesOf(names, pins, namesOf(spec, architecture), catalog) : new Set<string>()
  const byDigest = cluster !== undefined && !('image-provenance' in profiles[cluster.profile].off)
  return {
    spec,
    catalog,
    architecture,
    pins,
    moving,
    jobs,
    connections,
    cache,
    out,
    signal,
    workspace: workspace.root,
    byDigest,
  }
}

/** `of Kubernetes v1.36.3` */
function ofWhat({ kubernetes }: Pick<Lock, 'kubernetes'>): string {
  return kubernetes ? `of Kubernetes ${kubernetes}` : 'of no cluster'
}

/** Whether a lock pins what the catalogue has, and nothing else. */
function pinsAll(pins: Lock, catalog: Catalog): boolean {
  const names = (components: object) => Object.keys(components).sort().join()
  return names(pins.components) === names(catalog.components)
}

function jobCount(given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  const count = Number(given)
  if (!Number.isInteger(count) || count < 1 || count > 256)
    fail('usage', `--jobs ${given}: expected a number from 1 to 256`)
  return count
}
