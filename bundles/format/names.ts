// The names and constants of the bundle's format. docs/bundle.md describes it; a change here changes every bundle's bytes.

/** The leading entries, in this order. After them: `oci-layout`, `index.json`, and `blobs/sha256/*` in the order of their names. */
export const names = {
  executable: 'redoubt',
  executableSignature: 'redoubt.sig',
  statement: 'bundle/statement.json',
  statementSignature: 'bundle/statement.sig',
  contents: 'bundle/contents.json',
  lock: 'bundle/redoubt.lock.yaml',
  layout: 'oci-layout',
  index: 'index.json',
} as const

/** Those that stand before what the contents list. */
export const leadingNames = [
  names.executable,
  names.executableSignature,
  names.statement,
  names.statementSignature,
  names.contents,
] as const

/** 2020-01-01T00:00:00Z, in seconds: the time of every entry (tar and FAT both take it; the present would change the bytes). */
export const fixedTime = 1_577_836_800

/** Largest sizes, in bytes, of the entries that are read into memory; anything larger is refused unread. */
export const limits = {
  statement: 64 << 10,
  contents: 32 << 20,
  lock: 4 << 20,
  manifest: 4 << 20,
  index: 4 << 20,
} as const

/** Bytes of an Ed25519 signature. */
export const signatureSize = 64

/** Where a blob stands in the bundle: `sha256:HEX` -> `blobs/sha256/HEX`. */
export function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`
}

/** OCI image specification v1.1, media-types.md and image-layout.md. */
export const oci = {
  layout: '{"imageLayoutVersion":"1.0.0"}',
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const
