import type { RestartTarget } from '../../../cluster/files.ts'
import { treeUnits } from '../plan/probe.ts'
import type { Apply, ApplyNode } from '../run.ts'
import { nodePlaces } from './places.ts'

/** Does what its words say, in order; a unit that does not start shows its own last lines. */
const servicesScript = `set -eu
try() { "$@" || { journalctl -n 5 --no-pager -o cat -u "$last" >&2 2>/dev/null || :; exit 1; }; }
for word in "$@"; do
  last=\${word#*=}
  case $word in
  reload) systemctl daemon-reload ;;
  sysctl=*) /lib/systemd/systemd-sysctl "$last" ;;
  enable=*) systemctl enable -q -- "$last" ;;
  start=*) try systemctl start -- "$last" ;;
  reload=*) try systemctl reload-or-restart -- "$last" ;;
  restart=*) try systemctl restart -- "$last" ;;
  settled) rm -f ${nodePlaces.pending} ;;
  esac
done
`

/** Words for servicesScript. */
export async function runServices(apply: Apply, { shell }: ApplyNode, words: readonly string[]): Promise<void> {
  if (words.length === 0) return
  await shell.run(servicesScript, { args: words, signal: apply.context.signal, timeout: 120_000 })
}

const unitOf: Partial<Record<RestartTarget, string>> = {
  firewall: 'redoubt-firewall.service',
  routes: 'redoubt-routes.service',
  containerd: 'containerd.service',
  kubelet: 'kubelet.service',
}

/**
 * The words that start what is down and restart what read its files too early, in the order of dependence. `kubelet` comes last:
 * `except` leaves units for later.
 */
export function serviceWords(target: ApplyNode, except: readonly string[] = []): string[] {
  const { plan, tree } = target
  const units = treeUnits(tree)
  const state = (unit: string) => plan.seen.units.get(unit)
  const sysctls = tree.files.filter((file) => file.restarts.includes('sysctl')).map((file) => `sysctl=${file.path}`)
  const reload = plan.restarts.includes('units') ? ['reload'] : []
  const enable = units.filter((unit) => !state(unit)?.enabled).map((unit) => `enable=${unit}`)
  const targets: RestartTarget[] = ['firewall', 'routes', 'containerd', 'kubelet']
  const ordered = [
    ...units.filter((unit) => !Object.values(unitOf).includes(unit)),
    ...targets.flatMap((name) => unitOf[name] ?? []).filter((unit) => units.includes(unit)),
  ]
  const moves = ordered
    .filter((unit) => !except.includes(unit))
    .flatMap((unit) => {
      const name = targets.find((candidate) => unitOf[candidate] === unit)
      if (!state(unit)?.active) return [`start=${unit}`]
      return name && plan.restarts.includes(name) ? [`restart=${unit}`] : []
    })
  const sshd = plan.restarts.includes('sshd') ? ['reload=ssh.service'] : []
  return [...reload, ...(plan.restarts.includes('sysctl') ? sysctls : []), ...enable, ...sshd, ...moves]
}
