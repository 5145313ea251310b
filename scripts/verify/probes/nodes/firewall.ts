// Whether a node's firewall stands: something listens where nothing should, and who reaches it.
import type { NodeModel } from '../../../../cluster/model.ts'
import type { Env, ShellAnswer } from '../../env.ts'
import { judgeClosed } from '../../judge.ts'
import { type Check, check, type Probe } from '../../probe.ts'
import { inTurn } from '../../turns.ts'

/** In no matrix, below the ports that Linux gives away (ip_local_port_range) and those of Services (30000). */
const candidates = ['28411', '28412', '28413']

/**
 * Listens on the first free port of $2 ... on every address, and prints `PID PORT` once it answered at the node's own address $1. It ends
 * by itself after 20 s, whatever becomes of us.
 */
const listenScript = `address=$1
shift
for port in "$@"; do
  grep -qE "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$port") [0-9A-F]+:0000 0A" /proc/net/tcp /proc/net/tcp6 && continue
  timeout 20 systemd-socket-activate -l "0.0.0.0:$port" -a /bin/true >/dev/null 2>&1 </dev/null &
  for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    if bash -c "exec 3<>/dev/tcp/$address/$port" 2>/dev/null; then
      echo "$! $port"
      exit 0
    fi
    sleep 0.1
  done
  kill $!
  exit 0
done`

const stopScript = `kill "$1"
for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$1" 2>/dev/null || exit 0; sleep 0.1; done`

/** What listenScript printed. Undefined when nothing listens. */
export function parseListening({ stdout }: ShellAnswer): { pid: string; port: number } | undefined {
  const [, pid, port] = /^([1-9]\d*) (\d+)\n?$/.exec(stdout) ?? []
  return pid && port && candidates.includes(port) ? { pid, port: Number(port) } : undefined
}

async function stray(env: Env, node: NodeModel): Promise<Check[]> {
  const found = parseListening(await env.shell(node.name, listenScript, { args: [node.address, ...candidates] }))
  const where = `node ${node.name}`
  const inside = check(
    found ? 'pass' : 'unknown',
    where,
    found ? `listen on port ${found.port}, connect on the node` : 'listen on a port',
    'open on the node itself',
    found ? 'open' : 'nothing could be made to listen',
  )
  if (!found) return [inside]
  try {
    const outside = await env.plaintext({ host: node.address, port: found.port, request: '\n' })
    return [inside, judgeClosed(`${node.address}:${found.port}`, outside)]
  } finally {
    await env.shell(node.name, stopScript, { args: [found.pid] }).catch(() => undefined)
  }
}

const firewall: Probe = {
  id: 'stray-port',
  title: 'what starts to listen on a node outside the matrix is not reached from the network',
  group: 'nodes',
  controls: ['host-firewall'],
  needs: ['nodes'],
  budget: 30_000,
  run: async (env) =>
    (await Promise.all(env.model.nodes.map((node) => inTurn(env, node.name, () => stray(env, node))))).flat(),
}

export const firewallProbes: readonly Probe[] = [firewall]
