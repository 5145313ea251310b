import { loadSpec } from '../../../cluster/spec.ts'
import { formatTable } from '../../../lib/output.ts'
import { initPki } from '../../../pki/init.ts'
import type { Context } from '../../command.ts'

/** Makes what is missing in `keys/`. */
export async function pkiInit({ out, workspace, now }: Context, options: { dryRun: boolean }): Promise<number> {
  const { dryRun } = options
  const spec = await loadSpec(workspace.spec)
  const title = dryRun ? `PKI of ${spec.metadata.name} (dry run)` : `PKI of ${spec.metadata.name}`
  const result = await out.step(title, async (report) => {
    const made = await initPki({ spec, folder: workspace.keys, now: now(), dryRun })
    const { authorities, leaves, issued } = made
    report.detail(`${authorities} authorities, ${leaves} leaves; ${issued.length} ${dryRun ? 'to issue' : 'issued'}`)
    return made
  })
  if (out.format === 'json') out.json({ kind: 'PkiChanges', dryRun, ...result })
  else if (result.issued.length > 0) {
    const rows = result.issued.map(({ id, why }) => [id, why])
    out.data(formatTable([dryRun ? 'TO ISSUE' : 'ISSUED', 'WHY'], rows))
  }
  if (result.files.length > 0) out.note(`${dryRun ? 'to write' : 'written'}: ${result.files.join(', ')}`)
  if (result.surplus.length > 0) out.note(`no node of the spec needs: ${result.surplus.join(', ')}`)
  if (!dryRun) out.note('next: redoubt pki check')
  return 0
}
