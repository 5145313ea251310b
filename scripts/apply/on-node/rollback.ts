import { dirname } from 'node:path'
import { paths } from '../../../cluster/components.ts'
import type { RestartTarget } from '../../../cluster/files.ts'
import { fail, RedoubtError } from '../../../lib/errors.ts'
import type { NodeShell } from '../../ssh/transport.ts'
import { isOwned, type NodePlan } from '../plan/plan.ts'
import { waitUntil } from '../wait.ts'
import { nodePlaces, rollbackUnits } from './places.ts'

const { rollback } = nodePlaces
const { service, timer } = rollbackUnits

/** Where arming notes which kubelet runs: gone after a reboot. */
const kubeletPid = '/run/redoubt-kubelet'
const showKubelet = 'systemctl show -p MainPID --value kubelet.service 2>/dev/null'

/**
 * What the node runs when it was not told in time that all is well. It reads the list and puts back what was saved: each file by a
 * rename, static pods last: the broken one goes first, so that the kubelet starts the old one at once. The kubelet is left alone unless its own files changed: left running it serves the old manifest after four seconds, started anew
 * while its API server is down after a minute. But one that was started since the change (a reboot) never lets go of the broken
 * pod: it ends no pod before it has heard of its API server (kubelet.go, deletePod: sources not ready), so it is started once more. `armed` becomes `firing` at once, so that it cannot be disarmed half-way, and
 * `rolled-back` at the end; killed between the two (a power cut), it runs again at the next boot.
 */
export const restoreScript = `set -eu
cd ${rollback}
mv armed firing 2>/dev/null || [ -e firing ] || exit 0
pods= kubelet=
while read -r verb word path; do
  case $path in ${paths.manifests}/*) pods=1 ;; kubelet.service) kubelet=1 ;; esac
  case $verb in
  restore)
    new=\${path%/*}/.\${path##*/}.redoubt-new
    case $path in
    ${paths.manifests}/*)
      [ "$(sha256sum < "files$path")" != "$(sha256sum < "$path" 2>/dev/null)" ] || continue
      rm -f -- "$path"
      sleep 2 ;;
    esac
    cp -p -- "files$path" "$new"
    mv -fT -- "$new" "$path" ;;
  delete) rm -f -- "$path" ;;
  folder) chmod -- "\${word%%:*}" "$path" && chown -- "\${word#*:}" "$path" ;;
  whole)
    # The folder first: who writes there now, without capabilities, makes no new file in it from then on.
    chown -- "\${word#*:}" "$path" && chmod -- "\${word%%:*}" "$path"
    chown -R -h -- "\${word#*:}" "$path" || : ;;
  restart)
    systemctl daemon-reload
    # A firewall that came with the change has no unit any more that would load the one before: there was none.
    [ "$path" != redoubt-firewall.service ] || nft delete table inet redoubt 2>/dev/null || :
    systemctl restart "$path" || : ;;
  esac
done < list
if [ -n "$pods" ] && [ -z "$kubelet" ] && [ "$(cat ${kubeletPid} 2>/dev/null)" != "$(${showKubelet})" ]; then
  systemctl restart kubelet.service || :
fi
sync
date -u +%Y-%m-%dT%H:%M:%SZ > when
mv when rolled-back
rm -rf firing files
systemctl disable -q ${timer.split('/').at(-1)} || :
`

const serviceUnit = `[Unit]
Description=Put back the files of a control plane that did not become healthy

[Service]
Type=oneshot
ExecStart=/bin/sh ${rollback}/restore
`

/** Counts from when the timer starts, so neither a wrong clock nor a reboot can make it forget. */
const timerUnit = (seconds: number) => `[Unit]
Description=Deadline for a changed control plane to become healthy

[Timer]
OnActiveSec=${seconds}s
AccuracySec=100ms

[Install]
WantedBy=timers.target
`

/**
 * Saves and arms: $1 the restore script, $2 and $3 the units; the list on standard input. A hard link keeps what a rename
 * replaces; a file whose mode is changed in place is copied, and so is every file where the file system differs.
 */
const armScript = `set -eu
rm -rf -- ${rollback}
mkdir -p ${rollback}/files
cd ${rollback}
cat > list
while read -r verb word path; do
  [ "$verb" = restore ] || continue
  mkdir -p -- "files\${path%/*}"
  { [ "$word" = link ] && ln -- "$path" "files$path" 2>/dev/null; } || cp -p -- "$path" "files$path"
done < list
printf '%s' "$1" > restore
printf '%s' "$2" > ${service}
printf '%s' "$3" > ${timer}
chmod 644 ${service} ${timer}
${showKubelet} > ${kubeletPid}
date -u +%Y-%m-%dT%H:%M:%SZ > armed
sync -f armed
systemctl daemon-reload
systemctl enable -q --now ${timer.split('/').at(-1)}
`

/** Takes everything away again; fails with 3 when the node has begun to roll back. */
const disarmScript = `set -eu
cd ${rollback}
mv armed disarmed 2>/dev/null || { [ -e disarmed ] || exit 3; }
systemctl disable -q --now ${timer.split('/').at(-1)} 2>/dev/null || :
rm -f ${service} ${timer}
systemctl daemon-reload
cd /
rm -rf -- ${rollback}
`

/** Runs the node's own rollback now and waits for its end; prints when it was done. */
const triggerScript = `set -eu
cd ${rollback}
if [ -e armed ] || [ -e firing ]; then
  systemctl start redoubt-rollback.service || sh ./restore
fi
cat rolled-back
`

/** Takes the record of a rollback away, once it was told. */
const forgetScript = `
[ ! -e ${rollback}/armed ] && [ ! -e ${rollback}/firing ] || exit 3
systemctl disable -q --now ${timer.split('/').at(-1)} 2>/dev/null
rm -f ${service} ${timer}
systemctl daemon-reload
rm -rf -- ${rollback}
`

/** The list that restoreScript follows: files as they are now, files that are new, folders, and what reads them at its start. */
export function rollbackList(plan: NodePlan): string {
  const { seen } = plan
  const touched = [...plan.files.map((file) => file.entry.path), ...plan.remove]
  const manifest = (path: string) => dirname(path) === paths.manifests
  const ordered = [...touched.filter((path) => !manifest(path)), ...touched.filter(manifest)]
  const existing = (path: string) => plan.remove.includes(path) || seen.files.get(path)?.kind === 'file'
  const restarts = plan.restarts.flatMap((target) => rollbackRestarts[target])
  return [
    ...plan.folders.flatMap(({ entry }) => {
      const before = seen.files.get(entry.path)
      if (!before) return []
      const verb = entry.whole && !isOwned(entry, before) ? 'whole' : 'folder'
      return [`${verb} ${before.mode}:${before.ids} ${entry.path}`]
    }),
    ...ordered.map((path) => {
      const inPlace = plan.files.some((file) => file.entry.path === path && file.change === 'mode')
      return existing(path) ? `restore ${inPlace ? 'copy' : 'link'} ${path}` : `delete - ${path}`
    }),
    ...restarts.map((unit) => `restart - ${unit}`),
  ]
    .map((line) => `${line}\n`)
    .join('')
}

const rollbackRestarts: Record<RestartTarget, string[]> = {
  units: [],
  sysctl: ['systemd-sysctl.service'],
  firewall: ['redoubt-firewall.service'],
  sshd: ['ssh.service'],
  routes: ['redoubt-routes.service'],
  containerd: ['containerd.service'],
  kubelet: ['kubelet.service'],
}

/** Saves what the plan changes and starts the node's own deadline. */
export async function arm(shell: NodeShell, plan: NodePlan, seconds: number, signal: AbortSignal): Promise<void> {
  await shell.run(armScript, {
    args: [restoreScript, serviceUnit, timerUnit(seconds)],
    stdin: rollbackList(plan),
    signal,
  })
}

/**
 * Ends the deadline, by a login of its own: a connection that was open before works behind a closed door too. False when the node was
 * quicker and has rolled back. Throws `failed` when there is no way in any more.
 */
export async function disarm(shell: NodeShell, signal: AbortSignal): Promise<boolean> {
  await shell.renew()
  let code = 0
  const login = async () => {
    try {
      code = (await shell.run(disarmScript, { accept: [3], signal })).code
      return undefined
    } catch (error) {
      if (signal.aborted || !(error instanceof RedoubtError)) throw error
      return error.message
    }
  }
  // An sshd that reads its configuration anew listens to nobody for a moment.
  const problem = await waitUntil(login, { limit: 8000, every: 300, signal })
  if (problem === undefined) return code === 0
  return fail('failed', `after the change: ${problem}`, {
    where: `node ${shell.name}`,
    hint: 'It puts its earlier files back by itself when the time is up (--wait). Then run again; it tells what it did.',
  })
}

/** Rolls back now. Resolves with the time at which the node did (also when it did so before by itself). */
export async function trigger(shell: NodeShell, signal?: AbortSignal): Promise<string> {
  const { stdout } = await shell.run(triggerScript, signal ? { signal } : {})
  return stdout.trim()
}

export async function forget(shell: NodeShell, signal: AbortSignal): Promise<void> {
  await shell.run(forgetScript, { signal })
}
