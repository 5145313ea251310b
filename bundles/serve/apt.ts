// The bundle's packages as a repository that apt accepts: flat, with hashes of everything (Debian wiki, DebianRepository/Format).

import { Readable } from 'node:stream'
import type { DebPackage } from '../../cluster/lock.ts'
import { fail } from '../../lib/errors.ts'
import { run, stream } from '../../lib/exec.ts'
import { hexOf, sha256 } from '../../lib/hash.ts'
import { fixedTime } from '../format/names.ts'
import type { ContentsEntry } from '../format/statement.ts'
import { blobEntry } from '../read/places.ts'
import { type BundleHead, readChecked } from '../read.ts'
import type { Item } from './site.ts'

/** A package, its entry in the bundle and what it says of itself. */
export interface PackageFile {
  package: DebPackage
  entry: ContentsEntry
  /** Its control file, as dpkg-deb gives it. */
  control: string
}

/** Bytes of the longest control file that is taken. */
const controlLimit = 64 << 10

/**
 * Reads the control files of a bundle's packages, one after another, in bounded memory. Undefined where dpkg-deb is not installed. Throws
 * `integrity` for a package that is not what the lock calls it.
 */
export async function readPackages(head: BundleHead, signal: AbortSignal): Promise<PackageFile[] | undefined> {
  if ((await run(['dpkg-deb', '--version'], { signal, accept: [127] })).code !== 0) return undefined
  const files: PackageFile[] = []
  for (const deb of head.lock.packages) {
    const entry = blobEntry(head, deb.digest)
    if (!entry) continue
    const control = await controlOf(head, entry, signal)
    const says = (field: string) => new RegExp(`^${field}: (.*)$`, 'm').exec(control)?.[1]
    if (says('Package') !== deb.name || says('Version') !== deb.version)
      fail('integrity', `calls itself ${says('Package')} ${says('Version')}, the lock ${deb.name} ${deb.version}`, {
        where: `${head.archive.path}: ${entry.path}`,
      })
    files.push({ package: deb, entry, control })
  }
  return files
}

async function controlOf(head: BundleHead, entry: ContentsEntry, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  await stream(['dpkg-deb', '--field', '-'], {
    signal,
    stdin: Readable.from(readChecked(head, entry), { objectMode: false }),
    onStdout: (chunk) => {
      size += chunk.length
      if (size > controlLimit)
        fail('integrity', `has a control file of more than ${controlLimit} bytes`, {
          where: `${head.archive.path}: ${entry.path}`,
        })
      chunks.push(chunk)
    },
  })
  return Buffer.concat(chunks).toString('utf8').trim()
}

/** The repository's files by their paths below `/apt/`; none without packages. */
export function aptRepository(files: readonly PackageFile[]): [string, Item][] {
  if (files.length === 0) return []
  const packages = Buffer.from(files.map(stanza).join('\n'))
  const release = [
    'Origin: redoubt',
    'Label: redoubt',
    `Date: ${new Date(fixedTime * 1000).toUTCString()}`,
    `Architectures: ${[...new Set(files.map((file) => file.package.architecture))].sort().join(' ')}`,
    'SHA256:',
    ` ${sha256(packages)} ${packages.length} Packages`,
    '',
  ].join('\n')
  const type = 'text/plain; charset=utf-8'
  return [
    ['/apt/Release', { type, bytes: Buffer.from(release) }],
    ['/apt/Packages', { type, bytes: packages }],
    ...files.map((file): [string, Item] => [
      `/apt/${fileName(file.package)}`,
      { type: 'application/vnd.debian.binary-package', entry: file.entry },
    ]),
  ]
}

function stanza({ package: deb, control }: PackageFile): string {
  return [control, `Filename: ${fileName(deb)}`, `Size: ${deb.size}`, `SHA256: ${hexOf(deb.digest)}`, ''].join('\n')
}

/** `nftables_1.0.6-2+deb12u2_amd64.deb`: as archives of Debian call it, without the version's epoch. */
function fileName({ name, version, architecture }: DebPackage): string {
  return `${name}_${version.replace(/^\d+:/, '')}_${architecture}.deb`
}
