// Who reaches containerd, and whom it asks for images.
import { paths } from '../../../../cluster/components.ts'
import { registries } from '../../../../templates/node/containerd.ts'
import type { ShellAnswer } from '../../env.ts'
import { type Check, check, type Probe } from '../../probe.ts'
import { parseListeners } from './ports.ts'

/** Mode and owner of its sockets, then the lines of the kernel's tables of TCP that belong to its process. */
const socketScript = `stat -c '%a %U:%G %n' "$1" "$1.ttrpc"
for p in /proc/[0-9]*; do
  exe=$(readlink "$p/exe" 2>/dev/null) || continue
  [ "\${exe##*/}" = containerd ] || continue
  echo process
  for f in "$p"/fd/*; do
    s=$(readlink "$f") || continue
    case $s in socket:*) s=\${s#socket:[} && awk -v inode="\${s%]}" '$10 == inode' /proc/net/tcp /proc/net/tcp6 ;; esac
  done
done`

export function judgeSockets(where: string, { stdout }: ShellAnswer): Check[] {
  const lines = stdout.split('\n')
  const files = lines.flatMap((line) => /^(\d+) (\S+) (\/\S+)$/.exec(line)?.slice(1, 4).join(' ') ?? [])
  const open = files.filter((line) => !/^6[06]0 root:root /.test(line))
  const sockets = check(
    files.length !== 2 ? 'unknown' : open.length > 0 ? 'fail' : 'pass',
    where,
    'mode and owner of containerd’s sockets',
    'root’s alone',
    (open.length > 0 ? open : files).join(', ') || 'none were found',
  )
  const listeners = parseListeners(stdout)
  const reached = listeners.some((one) => !one.loopback)
  // The kubelet's own streams (exec, attach, port-forward) come from one on loopback, each under a token.
  const bad = reached || listeners.length > 1
  const seen = listeners.map((one) => `${one.loopback ? 'loopback' : 'network'} ${one.port}`).join(', ')
  const tcp = check(
    !lines.includes('process') ? 'unknown' : bad ? 'fail' : 'pass',
    where,
    'TCP sockets of containerd',
    'none but the kubelet’s streams, on loopback',
    seen || 'none',
  )
  return [sockets, tcp]
}

const sockets: Probe = {
  id: 'containerd-sockets',
  title: 'containerd’s sockets are root’s alone, and none is open to the network',
  group: 'nodes',
  controls: ['containerd-closed'],
  needs: ['nodes'],
  budget: 15_000,
  run: async (env) => {
    const args = [paths.containerdSocket]
    const each = env.model.nodes.map(async ({ name }) =>
      judgeSockets(`node ${name}`, await env.shell(name, socketScript, { args })),
    )
    return (await Promise.all(each)).flat()
  },
}

/** A name that nobody can have (RFC 6761). */
const image = 'registry.redoubt.invalid/probe:v1'

const pullScript = `timeout 10 ctr -n k8s.io images pull --hosts-dir "$1" "$2" 2>&1 | tail -n 1
containerd config dump 2>/dev/null | grep -F "config_path = '$1'"`

/** An image that is not there is asked for at the closed port of the host, and nowhere else. */
export function judgePull(where: string, { stdout }: ShellAnswer): Check[] {
  const [said = '', ...rest] = stdout.split('\n')
  const nowhere = said.includes('dial tcp 127.0.0.1:1:')
  const asked = /dial tcp|lookup |deadline exceeded/.test(said)
  const pull = check(
    nowhere ? 'pass' : asked ? 'fail' : 'unknown',
    where,
    `pull ${image}`,
    'asked at 127.0.0.1:1 only',
    said.replace(/^.*(?=dial tcp)/, '') || 'no answer within 10 s',
  )
  const same = rest.some((line) => line.includes('config_path'))
  const saw = same ? registries : 'another folder, or none'
  return [pull, check(same ? 'pass' : 'fail', where, 'registries of containerd', registries, saw)]
}

const pull: Probe = {
  id: 'registry-closed',
  title: 'containerd asks no registry for an image that it does not have',
  group: 'nodes',
  controls: ['containerd-closed'],
  needs: ['nodes'],
  budget: 30_000,
  run: async (env) => {
    const each = env.model.nodes.map(async ({ name }) =>
      judgePull(`node ${name}`, await env.shell(name, pullScript, { args: [registries, image] })),
    )
    return (await Promise.all(each)).flat()
  },
}

export const containerdProbes: readonly Probe[] = [sockets, pull]
