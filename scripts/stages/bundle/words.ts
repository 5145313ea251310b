// What several commands of this folder say of a bundle, in the same words.
import type { KeyObject } from 'node:crypto'
import type { Statement } from '../../../bundles/format/statement.ts'
import { fingerprint } from '../../../bundles/keys.ts'
import type { BundleItem } from '../../../bundles/read/describe.ts'
import type { BundleHead } from '../../../bundles/read.ts'
import type { LockAbout } from '../../../cluster/lock.ts'
import { formatBytes, formatTable, type Output } from '../../../lib/output.ts'

/** Which bundle it is, for `-o json`. */
export function identityOf({ id, statement, about }: BundleHead) {
  const { name, version, tool, builder, built } = statement
  return {
    name,
    version,
    id,
    tool,
    builder: builder ?? null,
    built: built ?? null,
    lock: statement.lock.sha256,
    kubernetes: about.kubernetes ?? null,
  }
}

/** A bundle's parts as a table. */
export function tableOf(items: readonly BundleItem[]): string {
  const sizeOf = ({ size, sizeOf }: BundleItem) => `${formatBytes(size)}${sizeOf ? ` (${sizeOf})` : ''}`
  const rows = items.map((item) => [item.kind, item.name, item.version, sizeOf(item), item.digest])
  return formatTable(['KIND', 'NAME', 'VERSION', 'SIZE', 'DIGEST'], rows)
}

/** Whose signature was checked, or that none was: of what was looked at without reading its blobs. */
export function noteSignature(out: Output, key: KeyObject | undefined): void {
  if (key)
    out.note(
      `signed by sha256:${fingerprint(key)}; the bytes of the blobs were not read: redoubt bundle verify does that`,
    )
  else warnUnchecked(out)
}

export function warnUnchecked(out: Output): void {
  out.warn('the signature was NOT checked: name the public key with --key to check it')
}

/** `, built by NAME at TIME`, as far as the statement says so. */
export function whoBuilt({ builder, built }: Statement): string {
  const words = [builder && `by ${builder}`, built && `at ${built}`].filter(Boolean)
  return words.length > 0 ? `, built ${words.join(' ')}` : ''
}

/** `Kubernetes v1.36.3`, or that there is none. */
export function ofWhat({ kubernetes }: LockAbout): string {
  return kubernetes ? `Kubernetes ${kubernetes}` : 'without Kubernetes'
}
