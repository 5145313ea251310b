// What a dry run reads as a build does: it stands in the workspace, and what is wrong with it is said before the build.
import type { LockedFile, LockedImage } from '../../cluster/lock.ts'
import { pinnedChart, wantedCharts } from '../produce/charts.ts'
import { pinnedRelease, wantedReleases } from '../produce/files.ts'
import { named, type ProduceOptions, refuseDifferences } from '../produce/produce.ts'
import { readFiles } from '../sources/file.ts'
import { pinnedManifest, readManifests } from '../sources/manifest.ts'

/** What is carried of the workspace, and of URLs what the lock pins. */
export interface Planned {
  files: readonly LockedFile[]
  manifests: readonly LockedFile[]
}

/**
 * Reads files and manifests of the workspace; nothing is fetched. Throws as a build would: `usage` at its line for what is not there or not
 * pinned, `failed` for what is not what the lock pins.
 */
export async function readPlanned(
  { spec, workspace, pins, moving }: ProduceOptions,
  images: readonly LockedImage[],
): Promise<Planned> {
  const files = (await readFiles(spec, workspace)).map(named)
  const manifests = (
    await readManifests(spec, workspace, async (name, where) => {
      if (!pins) return []
      const { digest, size } = pinnedManifest(pins.manifests, name, where)
      return [{ name, blob: { digest, size, parts: [] } }]
    })
  ).map(named)
  const charts = wantedCharts(spec)
  const releases = wantedReleases(spec)
  if (pins) {
    const carried = {
      files,
      manifests,
      images: [...images],
      charts: charts.map((chart) => pinnedChart(pins.charts, chart)),
      releases: releases.map((release) => pinnedRelease(pins.releases, release)),
    }
    refuseDifferences(pins, { ...pins, ...carried }, moving)
  }
  return { files, manifests }
}
