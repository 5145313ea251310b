import { binaryPaths } from '../../cluster/components.ts'
import type { LockedFile } from '../../cluster/lock.ts'
import type { BundleHead } from '../read.ts'

/** One thing that a bundle holds, as a person calls it. */
export interface BundleItem {
  kind: 'executable' | 'image' | 'program' | 'package' | 'chart' | 'manifest' | 'release' | 'file'
  name: string
  version: string
  /** Bytes. */
  size: number
  /** Of an image of ours: `size` is that of its program alone, as the lock has no other. */
  sizeOf?: 'program'
  digest: string
}

/** What a bundle holds: the executable, images, programs, packages, files, each in the order of the lock. */
export function describeContents({ statement, lock }: BundleHead): BundleItem[] {
  const entries = Object.entries(lock.components).flatMap(([name, entry]) => (entry ? [{ name, ...entry }] : []))
  return [
    {
      kind: 'executable',
      name: 'redoubt',
      version: statement.tool.replace('redoubt ', ''),
      size: statement.executable.size,
      digest: `sha256:${statement.executable.sha256}`,
    },
    ...entries.flatMap(({ version, image, binary }): BundleItem[] =>
      image
        ? [{ kind: 'image', name: image.name, version, size: binary.size, sizeOf: 'program', digest: image.digest }]
        : [],
    ),
    ...entries.flatMap(({ name, version, binary }): BundleItem[] =>
      name in binaryPaths ? [{ kind: 'program', name, version, ...binary }] : [],
    ),
    ...lock.packages.map(
      ({ name, version, size, digest }): BundleItem => ({ kind: 'package', name, version, size, digest }),
    ),
    ...lock.images.map(
      ({ name, digest, blobs }): BundleItem => ({
        kind: 'image',
        name,
        version: '',
        size: blobs.reduce((sum, blob) => sum + blob.size, 0),
        digest,
      }),
    ),
    ...lock.charts.map(
      ({ name, version, archive, artifact }): BundleItem => ({
        kind: 'chart',
        name,
        version,
        size: archive.size,
        digest: (artifact ?? archive).digest,
      }),
    ),
    ...plain('manifest', lock.manifests),
    ...plain('release', lock.releases),
    ...plain('file', lock.files),
  ]
}

function plain(kind: BundleItem['kind'], files: readonly LockedFile[]): BundleItem[] {
  return files.map(({ name, size, digest }) => ({ kind, name, version: '', size, digest }))
}
