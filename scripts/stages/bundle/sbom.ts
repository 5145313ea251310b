import { readAnyHead } from '../../../bundles/delta/open.ts'
import { sbomOf } from '../../../bundles/papers/sbom/sbom.ts'
import { formatBytes } from '../../../lib/output.ts'
import type { Context } from '../../command.ts'
import { ownVersion } from '../version.ts'
import { chosenBundle, readKeyIfAny } from './chosen.ts'
import { warnUnchecked } from './words.ts'

/** Prints the SBOM of a bundle, or of the one that a delta makes: of its lock, whose signature is checked when a key is named. */
export async function sbom(
  context: Context,
  options: { file: string | undefined; key: string | undefined },
): Promise<number> {
  const { out } = context
  const path = await chosenBundle(context, options.file)
  const key = await readKeyIfAny(context, options)
  const { head, delta, close } = await readAnyHead(path, key, true)
  await close()
  const { text, packages, unknown } = sbomOf(head, `redoubt ${ownVersion()}`)
  out.data(text)
  out.note(`SPDX 2.3: ${packages} packages, ${formatBytes(Buffer.byteLength(text))}`)
  if (delta) out.note(`of ${head.statement.name} ${head.statement.version} whole, as it is once merged`)
  if (unknown.length > 0)
    out.warn(
      `the Go modules of ${unknown.join(', ')} are not known to this redoubt, another made the bundle: run the one that it carries`,
    )
  if (!key) warnUnchecked(out)
  return 0
}
