// What a bundle is made of, from its lock: as SPDX, so that scanners and auditors can read it.

import type { DebPackage, Lock, LockEntry } from '../../../cluster/lock.ts'
import { hexOf } from '../../../lib/hash.ts'
import { fixedTime } from '../../format/names.ts'
import { isoTime } from '../../format/statement.ts'
import type { BundleHead } from '../../read.ts'
import { type DocumentHead, documentId, type Gathered, gather, writeSpdx } from './document.ts'
import { closureOf } from './go-modules.ts'
import { debPurl, genericPurl, goPurl, ociPurl } from './purl.ts'

interface Sbom {
  text: string
  packages: number
  /** Components of whose modules only the digest is known: another redoubt than this one made the bundle. */
  unknown: string[]
}

/** The SBOM of a bundle, written by `tool` (`redoubt 0.1.0`). The same bundle and tool give the same bytes: no clock is read. */
export function sbomOf({ statement, lock, id }: BundleHead, tool: string): Sbom {
  const all = gather()
  const bundle = all.add('bundle', statement.name, {
    version: statement.version,
    purpose: 'ARCHIVE',
    from: 'NONE',
    comment: `redoubt bundle, id sha256:${id}${statement.builder ? `, built by ${statement.builder}` : ''}`,
  })
  all.relate(documentId, 'DESCRIBES', bundle)
  const executable = all.add('program', 'redoubt', {
    version: statement.tool.replace('redoubt ', ''),
    digest: statement.executable.sha256,
    purpose: 'APPLICATION',
    from: 'NONE',
  })
  all.relate(bundle, 'CONTAINS', executable)
  const unknown = Object.entries(lock.components).flatMap(([name, entry]) =>
    entry && !addComponent(all, bundle, lock, name, entry) ? [name] : [],
  )
  for (const deb of lock.packages) all.relate(bundle, 'CONTAINS', addDeb(all, deb))
  addImages(all, bundle, lock)
  addFiles(all, bundle, lock)
  const head: DocumentHead = {
    name: `${statement.name}-${statement.version}`,
    namespace: `https://redoubt.dev/bundles/${encodeURIComponent(`${statement.name}-${statement.version}`)}/${id}`,
    created: statement.built ?? isoTime(new Date(fixedTime * 1000)),
    creators: [`Tool: ${tool.replace(' ', '-')}`],
    comment: `From the signed lock of the bundle. The time is that of its ${statement.built ? 'statement' : 'entries'}: no clock is read.`,
  }
  return { text: writeSpdx(head, all), packages: all.packages().length, unknown }
}

/** A program of the cluster, the image around it, and what both are made from. False when its modules are not known here. */
function addComponent(all: Gathered, bundle: string, lock: Lock, name: string, entry: LockEntry): boolean {
  const { version, source, binary, image } = entry
  const program = all.add('program', name, { version, digest: binary.digest, purpose: 'APPLICATION', from: 'NONE' })
  if (image) {
    const own = all.add('image', image.name, {
      digest: image.digest,
      purl: ociPurl(image.name, image.digest),
      purpose: 'CONTAINER',
      from: 'NONE',
      comment: 'Assembled by redoubt.',
    })
    all.relate(bundle, 'CONTAINS', own)
    all.relate(own, 'CONTAINS', program)
    const packages = [...(image.packages ?? []), ...(name === 'kube-proxy' ? lock.imagePackages : [])]
    for (const deb of packages) all.relate(own, 'CONTAINS', addDeb(all, deb))
  } else all.relate(bundle, 'CONTAINS', program)
  if (source.kind === 'deb') {
    const { package: from, digest, size } = source
    const { architecture } = lock
    all.relate(program, 'GENERATED_FROM', addDeb(all, { name: from, version, architecture, digest, size }))
    return true
  }
  all.relate(
    program,
    'GENERATED_FROM',
    addModule(all, { path: source.module, version: source.version, sum: source.sum }),
  )
  const toolchain = source.toolchain.replace(/^go/, '')
  const stdlib = all.add('go', 'stdlib', { version: toolchain, purl: goPurl('stdlib', toolchain), purpose: 'LIBRARY' })
  all.relate(program, 'DEPENDS_ON', stdlib)
  const closure = closureOf(source.modules)
  const modules = all.add('go-modules', closure?.name ?? 'unknown', {
    version: hexOf(source.modules).slice(0, 12),
    digest: source.modules,
    purpose: 'SOURCE',
    from: 'NONE',
    comment:
      'go.mod and go.sum that pin everything compiled into the programs that depend on it; the SHA-256 is over both.',
  })
  all.relate(program, 'DEPENDS_ON', modules)
  for (const module of closure?.modules ?? []) all.relate(modules, 'DEPENDS_ON', addModule(all, module))
  return closure !== undefined
}

function addModule(all: Gathered, module: { path: string; version: string; sum: string; replaces?: string }): string {
  const { path, version, sum, replaces } = module
  return all.add('go', path, {
    version,
    purl: goPurl(path, version),
    purpose: 'LIBRARY',
    source: [sum && `go.sum ${sum}`, replaces && `in the place of ${replaces}`].filter(Boolean).join(', '),
  })
}

function addDeb(all: Gathered, { name, version, architecture, digest }: DebPackage): string {
  return all.add('deb', name, {
    version,
    digest,
    purl: debPurl(name, version, architecture),
    purpose: 'INSTALL',
    supplier: 'Organization: Debian',
  })
}

function addImages(all: Gathered, bundle: string, { images }: Lock): void {
  for (const { name, digest, platforms, artifacts } of images) {
    const image = all.add('image', name, {
      // Two by digest alone may have one name.
      version: /:([^:/]+)$/.exec(name)?.[1] ?? digest,
      digest,
      purl: ociPurl(name, digest),
      purpose: 'CONTAINER',
      comment: platforms.length > 0 ? `Carried of it: ${platforms.join(', ')}.` : undefined,
    })
    all.relate(bundle, 'CONTAINS', image)
    for (const artifact of artifacts) {
      const kind = { digest: artifact.digest, purpose: 'OTHER', comment: artifact.mediaType } as const
      const other = all.add('artifact', `${name}@${artifact.digest}`, kind)
      all.relate(bundle, 'CONTAINS', other)
      all.relate(other, 'METAFILE_OF', image)
    }
  }
}

function addFiles(all: Gathered, bundle: string, { charts, manifests, releases, files }: Lock): void {
  for (const { name, version, from, url, archive, artifact } of charts) {
    const purl = artifact
      ? ociPurl(from.replace('oci://', '').replace(/@.*/, ''), artifact.digest)
      : genericPurl(name, version, archive.digest, url)
    const digest = archive.digest
    const chart = all.add('chart', name, { version, digest, purl, purpose: 'ARCHIVE', from: url })
    all.relate(bundle, 'CONTAINS', chart)
  }
  for (const { name, digest, url } of releases) {
    const purl = genericPurl(name, '', digest, url)
    all.relate(bundle, 'CONTAINS', all.add('release', name, { digest, purl, purpose: 'FILE', from: url }))
  }
  for (const [kind, list] of Object.entries({ manifest: manifests, file: files }))
    for (const { name, digest } of list)
      all.relate(bundle, 'CONTAINS', all.add(kind, name, { digest, purpose: 'FILE', file: name }))
}
