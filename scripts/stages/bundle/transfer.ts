import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { openDelta } from '../../../bundles/delta/open.ts'
import { readTransfer } from '../../../bundles/papers/transfer.ts'
import { transferHtml } from '../../../bundles/papers/transfer-html.ts'
import { transferText } from '../../../bundles/papers/transfer-text.ts'
import { fail } from '../../../lib/errors.ts'
import { writeAtomic } from '../../../lib/files.ts'
import type { Context } from '../../command.ts'
import { readVerifyKey, verifyWhole } from './chosen.ts'
import { verifyDeltaStep } from './delta.ts'

/** Writes the transfer manifest of a bundle or delta that was verified whole: nothing is vouched for that was not read. */
export async function writeTransfer(
  context: Context,
  path: string,
  keyOption: string | undefined,
  to: string,
): Promise<number> {
  const { out, signal } = context
  const form = /\.(txt|html)$/.exec(to)?.[1]
  if (!form) fail('usage', `--manifest ${to}: expected FILE.txt or FILE.html`)
  const key = await readVerifyKey(context, keyOption)
  const jobs = availableParallelism()
  const delta = await openDelta(path, key)
  if (delta)
    try {
      await verifyDeltaStep(context, delta, key)
    } finally {
      await delta.archive.file.close()
    }
  else await verifyWhole(context, path, key)
  const transfer = await out.step('sha256 of the files', (report) =>
    readTransfer(path, key, { jobs, onProgress: report.progress, signal }),
  )
  const file = resolve(to)
  await writeAtomic(file, form === 'html' ? transferHtml(transfer) : transferText(transfer))
  if (out.format === 'json') out.json({ kind: 'TransferManifest', path: file, files: transfer.files })
  else out.data(file)
  return 0
}
