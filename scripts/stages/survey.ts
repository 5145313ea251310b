import type { Hosts } from '../../cluster/hosts.ts'
import { loadHosts, withoutPrototype } from '../../cluster/hosts.ts'
import { loadLock } from '../../cluster/lock.ts'
import { loadSpec } from '../../cluster/spec.ts'
import { fail } from '../../lib/errors.ts'
import { exists, writeAtomic } from '../../lib/files.ts'
import { formatTable } from '../../lib/output.ts'
import { writeYaml } from '../../lib/yaml.ts'
import { type Context, flag, type OptionValues } from '../command.ts'
import { connectNodes, withNodes } from '../ssh/connect.ts'
import { settleAll } from '../ssh/settle.ts'
import { surveyNode } from '../survey/facts.ts'
import { compareHosts, judgeHost } from '../survey/judge.ts'

/** Asks all nodes at once for what rendering depends on, and writes hosts.yaml unless something cannot work. */
export async function survey(context: Context, _args: string[], options: OptionValues): Promise<number> {
  const { out, workspace, signal, now } = context
  const spec = await loadSpec(workspace.spec)
  const { nodes } = spec.spec
  const before: Hosts['hosts'] = (await exists(workspace.hosts))
    ? (await loadHosts(workspace.hosts)).hosts
    : withoutPrototype({})
  const lock = (await exists(workspace.lock)) ? await loadLock(workspace.lock) : undefined
  const shells = await connectNodes(workspace, spec, before, flag(options, 'accept-host-keys') ? 'new' : 'known')
  const surveyed = await withNodes(shells, () =>
    out.step('Survey the nodes', async (report) => {
      const found = await settleAll(shells, (shell, index) =>
        surveyNode(shell, nodes[index]?.address ?? '', now, signal),
      )
      report.detail(found.map(({ facts }, index) => `${nodes[index]?.name} ${facts.os}`).join(', '))
      return found
    }),
  )
  const problems = surveyed.flatMap((host, index) => {
    const node = nodes[index]
    return node ? judgeHost(node, host, lock?.architecture, spec.spec.network.provider) : []
  })
  if (problems.length > 0)
    fail('failed', problems.map(({ node, problem }) => `node ${node} ${problem}`).join('\n'), {
      hint: `${problems.map((problem) => problem.remedy).join('\n  ')}\n  Then run \`redoubt survey\` again; hosts.yaml is as it was.`,
    })
  const entries = nodes.flatMap(({ name }, index) => {
    const host = surveyed[index]
    return host ? [[name, { facts: host.facts, measured: host.measured }] as const] : []
  })
  const hosts: Hosts = { apiVersion: 'redoubt.dev/v1alpha1', kind: 'Hosts', hosts: Object.fromEntries(entries) }
  await writeAtomic(workspace.hosts, writeYaml(hosts))
  const changes = compareHosts(before, hosts.hosts)
  if (out.format === 'json') out.json({ ...hosts, changes })
  else {
    out.data(surveyTable(hosts))
    for (const change of Object.keys(before).length > 0 ? changes : []) out.note(`changed: ${change}`)
  }
  return 0
}

function surveyTable({ hosts }: Hosts): string {
  const header = [
    'NODE',
    'OS',
    'ARCH',
    'KERNEL',
    'CGROUP',
    'CPUS',
    'MEMORY',
    'FREE',
    'INTERFACE',
    'ROUTE',
    'SWAP',
    'CLOCK',
  ]
  const yes = (value: boolean) => (value ? 'yes' : 'no')
  const rows = Object.entries(hosts).map(([name, { facts, measured }]) => [
    name,
    facts.os,
    facts.architecture,
    measured.kernel,
    facts.cgroup,
    String(measured.cpus),
    `${measured.memoryMiB} MiB`,
    `${measured.diskFreeMiB} MiB`,
    `${facts.interface} ${facts.mtu}`,
    yes(facts.defaultRoute),
    yes(facts.swap),
    `${measured.clockSkewSeconds >= 0 ? '+' : ''}${measured.clockSkewSeconds} s`,
  ])
  return formatTable(header, rows)
}
