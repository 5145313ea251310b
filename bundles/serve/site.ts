// What of a bundle is served as plain files: packages as an apt repository, charts as a Helm repository, files, manifests, releases.

import { byCodeUnit } from '../../lib/files.ts'
import { hexOf } from '../../lib/hash.ts'
import { formatBytes, formatTable } from '../../lib/output.ts'
import { writeYaml } from '../../lib/yaml.ts'
import type { ContentsEntry } from '../format/statement.ts'
import { blobEntry } from '../read/places.ts'
import type { BundleHead } from '../read.ts'
import { aptRepository, type PackageFile } from './apt.ts'

/** Bytes made here, or an entry of the bundle. */
export type Item = { type: string; bytes: Buffer } | { type: string; entry: ContentsEntry }

/** By path, decoded: `/files/NAME`. */
export type Site = Map<string, Item>

const [binary, text, yaml] = ['application/octet-stream', 'text/plain; charset=utf-8', 'application/yaml']

/** Everything that stands beside the registry; `packages` are those that the apt repository is to have. */
export function buildSite(head: BundleHead, packages: readonly PackageFile[]): Site {
  const site: Site = new Map()
  const put = (path: string, digest: string, type = binary) => {
    const entry = blobEntry(head, digest)
    if (entry) site.set(path, { type, entry })
  }
  const { files, manifests, releases, charts } = head.lock
  for (const { name, digest } of files) put(`/files/${name}`, digest)
  for (const { name, digest } of manifests) put(`/manifests/${name}`, digest, yaml)
  for (const { name, digest } of releases) put(`/releases/${name}`, digest)
  for (const { name, version, archive } of charts) put(`/charts/${name}-${version}.tgz`, archive.digest)
  if (charts.length > 0) site.set('/charts/index.yaml', { type: yaml, bytes: Buffer.from(chartIndex(head)) })
  for (const [path, item] of aptRepository(packages)) site.set(path, item)
  site.set('/', { type: text, bytes: Buffer.from(frontPage(head, site)) })
  return site
}

/** What `helm repo add` reads (helm.sh/docs/topics/chart_repository). */
function chartIndex({ lock }: BundleHead): string {
  const byName = Map.groupBy(lock.charts, ({ name }) => name)
  const entries = [...byName].map(([name, versions]) => [
    name,
    versions.map(({ version, archive }) => ({
      apiVersion: 'v2',
      name,
      version,
      digest: hexOf(archive.digest),
      urls: [`${name}-${version}.tgz`],
    })),
  ])
  return writeYaml({ apiVersion: 'v1', entries: Object.fromEntries(entries) })
}

/** For people who look what is there. */
function frontPage({ statement }: BundleHead, site: Site): string {
  const rows = [...site]
    .sort(([a], [b]) => byCodeUnit(a, b))
    .map(([path, item]) => [path, formatBytes('bytes' in item ? item.bytes.length : item.entry.size)])
  return `${statement.name} ${statement.version}\n\nimages: /v2/_catalog\n\n${formatTable(['FILE', 'SIZE'], rows, 0)}\n`
}
