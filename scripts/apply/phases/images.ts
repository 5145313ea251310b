import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fail, messageOf } from '../../../lib/errors.ts'
import { throwIfAborted } from '../../../lib/exec.ts'
import { formatBytes } from '../../../lib/output.ts'
import { registries } from '../../../templates/node/containerd.ts'
import { settleAll } from '../../ssh/settle.ts'
import { meter } from '../on-node/files.ts'
import { fileSource } from '../on-node/sources.ts'
import type { Apply, ApplyNode, Phase } from '../run.ts'

const importScript = `set -eu
ctr -n k8s.io images import - >/dev/null
ctr -n k8s.io images ls
`

/** The images that a node's containerd does not have yet: sent to it, or pulled by it where the spec says that the bundle is served. */
export const images: Phase = {
  title: 'Import images',
  plan: ({ nodes, model }) =>
    nodes.flatMap(({ node, plan }) =>
      plan.images.map((what) => ({
        node: node.name,
        verb: model.spec.bundle.serve ? 'pull' : 'import',
        what,
        why: 'missing',
      })),
    ),
  run: async (apply, report) => {
    const targets = apply.nodes.filter(({ plan }) => plan.images.length > 0)
    const { serve } = apply.model.spec.bundle
    if (serve) {
      await settleAll(targets, (target) => pullImages(apply, target, serve))
      report.detail(
        `${targets.map(({ node, plan }) => `${node.name}: ${plan.images.length}`).join(', ')}, from ${serve}`,
      )
      return
    }
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
  target: ApplyNode,
  archive: Readable,
  sent: (count: number) => void,
): Promise<void> {
  const { stdout } = await target.shell.run(importScript, {
    stdin: Readable.from(counted(archive, sent)),
    timeout: 900_000,
    signal: apply.context.signal,
  })
  requireImages(target, stdout)
}

/** containerd's own settings of registries are not there yet on a node that runs: the rendered ones are handed to it in a folder of their own. */
const pullScript = `set -eu
hosts=$(mktemp -d)
trap 'rm -rf -- "$hosts"' EXIT
while [ "$1" != -- ]; do
  mkdir -p -- "$(dirname -- "$hosts/$1")"
  printf '%s' "$2" > "$hosts/$1"
  shift 2
done
shift
for image; do
  ctr -n k8s.io images pull --hosts-dir "$hosts" "$image" >/dev/null
done
ctr -n k8s.io images ls
`

async function pullImages({ context, bundle }: Apply, target: ApplyNode, serve: string): Promise<void> {
  const { node, shell, tree, plan } = target
  const args: string[] = []
  for (const entry of tree.files.filter(({ path }) => path.startsWith(`${registries}/`))) {
    const bytes = await fileSource(context.workspace, node.name, entry, bundle)()
    args.push(entry.path.slice(registries.length + 1), await text(Readable.from(bytes)))
  }
  try {
    const options = { args: [...args, '--', ...plan.images], timeout: 900_000, signal: context.signal }
    requireImages(target, (await shell.run(pullScript, options)).stdout)
  } catch (error) {
    throwIfAborted(context.signal)
    fail('failed', `could not pull images from ${serve}: ${messageOf(error)}`, {
      where: `node ${node.name}`,
      hint: 'Run `redoubt bundle serve` there; or take `serve` out of spec.bundle: then images are imported.',
      cause: error,
    })
  }
}

/** Throws `failed` when what `ctr images ls` said lacks one. */
function requireImages({ node, plan }: ApplyNode, stdout: string): void {
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
