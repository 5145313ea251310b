// SPDX 2.3 (https://spdx.github.io/spdx-spec/v2.3/, schemas/spdx-schema.json of spdx/spdx-spec), as far as we write it.
import { byCodeUnit } from '../../../lib/files.ts'
import { hexOf, sha256 } from '../../../lib/hash.ts'

export interface SpdxPackage {
  SPDXID: string
  name: string
  versionInfo?: string
  packageFileName?: string
  supplier?: string
  downloadLocation: string
  filesAnalyzed: false
  checksums?: { algorithm: 'SHA256'; checksumValue: string }[]
  sourceInfo?: string
  comment?: string
  primaryPackagePurpose: 'APPLICATION' | 'ARCHIVE' | 'CONTAINER' | 'FILE' | 'INSTALL' | 'LIBRARY' | 'OTHER' | 'SOURCE'
  externalRefs?: { referenceCategory: 'PACKAGE-MANAGER'; referenceType: 'purl'; referenceLocator: string }[]
}

export interface Relationship {
  spdxElementId: string
  relationshipType: 'DESCRIBES' | 'CONTAINS' | 'DEPENDS_ON' | 'GENERATED_FROM' | 'METAFILE_OF'
  relatedSpdxElement: string
}

/** What a package is besides its id. */
interface Described {
  version?: string | undefined
  /** `sha256:HEX` */
  digest?: string | undefined
  purl?: string | undefined
  purpose: SpdxPackage['primaryPackagePurpose']
  from?: string | undefined
  supplier?: string | undefined
  source?: string | undefined
  comment?: string | undefined
  file?: string | undefined
}

/** Packages and how they hang together, while they are gathered: what is added twice stands once. */
export interface Gathered {
  /** Adds a package; returns its id. `kind` and `name` (and `version`) tell it from all others. */
  add(kind: string, name: string, described: Described): string
  relate(from: string, type: Relationship['relationshipType'], to: string): void
  packages(): SpdxPackage[]
  relationships(): Relationship[]
}

export function gather(): Gathered {
  const packages = new Map<string, SpdxPackage>()
  const relations = new Map<string, Relationship>()
  return {
    add: (kind, name, described) => {
      const SPDXID = idOf(kind, described.version ? `${name}-${described.version}` : name)
      if (!packages.has(SPDXID)) packages.set(SPDXID, packageOf(SPDXID, name, described))
      return SPDXID
    },
    relate: (spdxElementId, relationshipType, relatedSpdxElement) => {
      const relation = { spdxElementId, relationshipType, relatedSpdxElement }
      relations.set(Object.values(relation).join(' '), relation)
    },
    packages: () => sorted(packages),
    relationships: () => sorted(relations),
  }
}

function sorted<T>(entries: ReadonlyMap<string, T>): T[] {
  return [...entries].sort(([a], [b]) => byCodeUnit(a, b)).map(([, value]) => value)
}

/** Letters, digits, `.` and `-` are all that an id may have: where that loses something, a digest tells ids apart. */
function idOf(kind: string, name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9.-]/g, '-')
  return `SPDXRef-${kind}-${plain}${plain === name ? '' : `-${sha256(name).slice(0, 8)}`}`
}

function packageOf(SPDXID: string, name: string, described: Described): SpdxPackage {
  const { version, digest, purl, purpose, from, supplier, source, comment, file } = described
  return {
    SPDXID,
    name,
    ...(version ? { versionInfo: version } : {}),
    ...(file ? { packageFileName: file } : {}),
    ...(supplier ? { supplier } : {}),
    downloadLocation: from ?? 'NOASSERTION',
    filesAnalyzed: false,
    ...(digest ? { checksums: [{ algorithm: 'SHA256', checksumValue: hexOf(digest) }] } : {}),
    ...(source ? { sourceInfo: source } : {}),
    ...(comment ? { comment } : {}),
    primaryPackagePurpose: purpose,
    ...(purl
      ? { externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }] }
      : {}),
  }
}

export interface DocumentHead {
  name: string
  /** A URI of this document and no other. */
  namespace: string
  /** `2026-01-31T12:00:00Z` */
  created: string
  creators: string[]
  comment: string
}

/** The document as JSON, a package and a relationship a line. The same input gives the same bytes. */
export function writeSpdx(head: DocumentHead, gathered: Gathered): string {
  const { name, namespace, created, creators, comment } = head
  const fields = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: documentId,
    name,
    documentNamespace: namespace,
    creationInfo: { created, creators, comment },
  }
  const lines = (entries: readonly object[]) => entries.map((entry) => JSON.stringify(entry)).join(',\n')
  const start = JSON.stringify(fields).slice(0, -1)
  return `${start},\n"packages":[\n${lines(gathered.packages())}\n],\n"relationships":[\n${lines(gathered.relationships())}\n]}\n`
}

export const documentId = 'SPDXRef-DOCUMENT'
