// What is carried as files: manifests, and what makers publish.
import type { BundleSpec } from '../../cluster/bundle.ts'
import type { LockedRelease } from '../../cluster/lock.ts'
import { fail } from '../../lib/errors.ts'
import { countOf, formatBytes } from '../../lib/output.ts'
import { mapPool } from '../../lib/pool.ts'
import { type CarriedManifest, readFromUrl, readManifests } from '../sources/manifest.ts'
import { naming } from '../sources/naming.ts'
import { collectRelease, fileOf, resolveRelease, type WantedRelease } from '../sources/release.ts'
import { clientOf } from './client.ts'
import type { ProduceOptions } from './produce.ts'

/** Reads the manifests of the spec; those of URLs as the lock pins them, or with no lock as they are now. */
export async function collectManifests(options: ProduceOptions): Promise<CarriedManifest[]> {
  const { cache, spec, workspace, pins, moving, out } = options
  if (spec.manifests.length === 0) return []
  return await out.step('manifests', async (report) => {
    const client = await clientOf(options, report.status)
    const found = await readManifests(spec, workspace, async (name, where) => [
      await readFromUrl(client, cache, name, moving.has(`manifest ${name}`) ? undefined : pins?.manifests, where),
    ])
    report.detail(countOf(found.length, 'file'))
    return found
  })
}

/** What the spec's `releases` asks for. Throws `usage` at its line for a name that is none, or given twice. */
export function wantedReleases(spec: BundleSpec): WantedRelease[] {
  const names = new Set<string>()
  return spec.releases.map((release, index) => {
    const where = spec.where(['releases', index])
    const name = release.name ?? fileOf(release.url)
    if (!/^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/.test(name))
      fail('usage', `${release.url} does not end in a file's name`, { where, hint: 'Give it one with `name`.' })
    if (names.has(name))
      fail('usage', `two releases have the name ${name}`, { where, hint: 'Give one another `name`.' })
    names.add(name)
    return { ...release, name, where }
  })
}

/** Brings the releases of the spec into the cache: those of the lock, or with no lock by their published checksums. */
export async function collectReleases(options: ProduceOptions): Promise<LockedRelease[]> {
  const { cache, spec, pins, moving, connections, out } = options
  const wanted = wantedReleases(spec)
  if (wanted.length === 0) return []
  return await out.step('releases', async (report) => {
    const client = await clientOf(options, report.status)
    const releases = await mapPool(wanted, connections, async (release) =>
      pins && !moving.has(`release ${release.name}`)
        ? pinnedRelease(pins.releases, release)
        : await naming(release, () => resolveRelease(client, release)),
    )
    const total = releases.reduce((sum, { size }) => sum + size, 0)
    let done = 0
    await mapPool(releases, connections, async (release, index) => {
      await naming({ name: release.name, where: wanted[index]?.where }, () =>
        collectRelease(client, cache, release, (count) => {
          done += count
          report.progress(done, total)
        }),
      )
      report.item(release.name, formatBytes(release.size))
    })
    report.detail(`${countOf(releases.length, 'file')}, ${formatBytes(total)}`)
    return releases
  })
}

/** The pin of a release. Throws `usage` when the lock has none, or one of another URL or checksum. */
export function pinnedRelease(
  pins: readonly LockedRelease[],
  { name, url, sha256, where }: WantedRelease,
): LockedRelease {
  const found = pins.find((pin) => pin.name === name && pin.url === url)
  if (found && (sha256.startsWith('http') || found.digest === `sha256:${sha256}`)) return found
  return fail('usage', `the lock pins no release ${name} as it is wanted here`, {
    where,
    hint: `Pin it with \`redoubt bundle lock --update ${name}\`.`,
  })
}
