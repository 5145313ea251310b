import { Readable } from 'node:stream'
import { fail } from '../../../lib/errors.ts'
import { formatBytes } from '../../../lib/output.ts'
import { settleAll } from '../../ssh/settle.ts'
import { meter } from '../on-node/files.ts'
import type { Apply, ApplyNode, Phase } from '../run.ts'

const importScript = `set -eu
ctr -n k8s.io images import - >/dev/null
ctr -n k8s.io images ls
`

/** The images that a node's containerd does not have yet. */
export const images: Phase = {
  title: 'Import images',
  plan: ({ nodes }) =>
    nodes.flatMap(({ node, plan }) =>
      plan.images.map((what) => ({ node: node.name, verb: 'import', what, why: 'missing' })),
    ),
  run: async (apply, report) => {
    const targets = apply.nodes.filter(({ plan }) => plan.images.length > 0)
    const archives = await Promise.all(targets.map(({ plan }) => apply.bundle.imageArchive(plan.images)))
    const total = archives.reduce((sum, archive) => sum + archive.size, 0)
    const sent = meter(report, total)
    await settleAll(targets, async (target, index) => {
      const archive = archives[index]
      if (archive) await importImages(apply, target, archive.stream, sent)
    })
    const counts = targets.map(({ node, plan }) => `${node.name}: ${plan.images.length}`)
    report.detail(`${counts.join(', ')}, ${formatBytes(total)}`)
  },
}

async function importImages(
  apply: Apply,
  { node, shell, plan }: ApplyNode,
  archive: Readable,
  sent: (count: number) => void,
): Promise<void> {
  const { stdout } = await shell.run(importScript, {
    stdin: Readable.from(counted(archive, sent)),
    timeout: 900_000,
    signal: apply.context.signal,
  })
  const found = new Map(stdout.split('\n').map((line) => [line.split(/\s+/)[0], line.split(/\s+/)[2]]))
  const missing = plan.images.filter((reference) => found.get(reference) !== reference.split('@')[1])
  if (missing.length > 0)
    fail('failed', `containerd did not take ${missing.join(', ')}`, {
      where: `node ${node.name}`,
      hint: 'See `journalctl -u containerd` there; run again to import what is missing.',
    })
}

async function* counted(source: AsyncIterable<Uint8Array>, sent: (count: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    sent(chunk.length)
    yield chunk
  }
}
