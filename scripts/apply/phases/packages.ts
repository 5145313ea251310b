import { settleAll } from '../../ssh/settle.ts'
import { meter } from '../on-node/files.ts'
import { placeScript, placeStream } from '../on-node/place.ts'
import { nodePlaces } from '../on-node/places.ts'
import type { Apply, ApplyNode, Phase } from '../run.ts'

/** dpkg alone, so that nothing is looked for anywhere; a configuration file that the host changed stays as it is. */
const installScript = `set -eu
cd "$1"
DEBIAN_FRONTEND=noninteractive dpkg --force-confold -i ./*.deb >/dev/null
rm -rf -- "$1"
`

/** The packages that a minimal host lacks, from the bundle. */
export const packages: Phase = {
  title: 'Install packages',
  plan: ({ nodes }) =>
    nodes.flatMap(({ node, plan }) =>
      plan.packages.map((entry) => ({
        node: node.name,
        verb: 'install',
        what: `package ${entry.name} ${entry.version}`,
        why: plan.seen.packages.get(entry.name) ?? 'missing',
      })),
    ),
  run: async (apply, report) => {
    const targets = apply.nodes.filter(({ plan }) => plan.packages.length > 0)
    const sent = meter(
      report,
      targets.flatMap(({ plan }) => plan.packages).reduce((sum, entry) => sum + entry.size, 0),
    )
    await settleAll(targets, (target) => install(apply, target, sent))
  },
}

async function install(apply: Apply, { shell, plan }: ApplyNode, sent: (count: number) => void): Promise<void> {
  const { signal } = apply.context
  const folder = nodePlaces.packages
  const files = plan.packages.map(({ name, digest, size }) => ({
    entry: { path: `${folder}/${name}.deb`, mode: '0600', owner: 'root:root', size },
    source: async () => apply.bundle.blob(digest),
  }))
  await shell.run('rm -rf -- "$1"', { args: [folder], signal })
  await shell.run(placeScript, {
    args: [nodePlaces.staging],
    stdin: placeStream(files, sent),
    timeout: 300_000,
    signal,
  })
  await shell.run(installScript, { args: [folder], timeout: 300_000, signal })
}
