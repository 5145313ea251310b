import type { NodeShell } from '../../ssh/transport.ts'
import { nodePlaces } from './places.ts'

export const staticPodNames = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']

/** Prints `PATH` of every log of the containers of static pods ($2 ...) that is newer than the file $1 (all, when $1 is empty). */
const listScript = `
since=$1
shift
for pod in "$@"; do
  for log in /var/log/pods/kube-system_"$pod"-*/"$pod"/*.log; do
    [ -f "$log" ] || continue
    [ -z "$since" ] || [ "$log" -nt "$since" ] || continue
    echo "$log"
  done
done
`

/**
 * The last lines of the log $1. A program that cannot read its flags says why and then how it is used, which for etcd is the longer part: what
 * stands before that text is what counts.
 */
export const tailScript = `sed -n '/^[^ ]* std[a-z]* [FP] Usage:$/q; p' < "$1" | tail -n 4 | cut -c 1-400`

interface Log {
  pod: string
  path: string
  /** How often the container had been started before: the kubelet names its logs so. */
  restart: number
}

async function listLogs(shell: NodeShell, pods: readonly string[], since: string): Promise<Log[]> {
  const { stdout } = await shell.run(listScript, { args: [since, ...pods], timeout: 10_000 })
  return stdout.split('\n').flatMap((path) => {
    const [, pod, restart] = /^\/var\/log\/pods\/[^/\s]+\/([\w-]+)\/(\d+)\.log$/.exec(path) ?? []
    return pod && pods.includes(pod) ? [{ pod, path, restart: Number(restart) }] : []
  })
}

/** Prints the names of the static pods that have a process. The kernel keeps 15 characters of a name (proc(5), comm). */
const aliveScript = `
for p in /proc/[0-9]*/comm; do
  { read -r name < "$p"; } 2>/dev/null || continue
  for pod in "$@"; do case $pod in "$name" | "$name"?*) echo "$pod" ;; esac; done
done
`

/** What a look at static pods told: those that keep failing, and those that were started at all since the first look. */
export interface Starts {
  failing: string[]
  started: string[]
}

/**
 * Watches static pods that were started. Those keep failing that were started three times, or started and then are `patience`
 * milliseconds without a process (the kubelet waits between its tries, and longer after each). What counts is what was started after
 * the first look: a container that is being stopped still writes, and is gone before the next one comes.
 */
export function watchFailures(
  shell: NodeShell,
  { pods, patience }: { pods: readonly string[]; patience: number },
): () => Promise<Starts> {
  // The kubelet keeps only the last logs of a container, so what was seen is remembered from look to look.
  const seen = new Map<string, Set<string>>(pods.map((pod) => [pod, new Set()]))
  const deadSince = new Map<string, number>()
  let before: Set<string> | undefined
  return async () => {
    if (pods.length === 0) return { failing: [], started: [] }
    const [logs, { stdout }] = await Promise.all([
      listLogs(shell, pods, ''),
      shell.run(aliveScript, { args: pods, timeout: 10_000 }),
    ])
    before ??= new Set(logs.map((log) => log.path))
    const alive = stdout.split('\n')
    for (const { pod, path } of logs) if (!before.has(path)) seen.get(pod)?.add(path)
    const failing = pods.filter((pod) => {
      const starts = seen.get(pod)?.size ?? 0
      if (alive.includes(pod) || starts === 0) deadSince.delete(pod)
      else if (!deadSince.has(pod)) deadSince.set(pod, performance.now())
      const dead = deadSince.get(pod)
      return starts >= 3 || (dead !== undefined && performance.now() - dead > patience)
    })
    return { failing, started: pods.filter((pod) => seen.get(pod)?.size) }
  }
}

/**
 * The last lines of the containers of these static pods, ready to follow an error's text: of those started since the rollback was
 * armed, or (`restarted`) of any that had to be started again. Nodes have no crictl: the kubelet keeps what containers write
 * in /var/log/pods. Empty when nobody answers.
 */
export async function lastLines(shell: NodeShell, options: { pods: readonly string[] } | 'restarted'): Promise<string> {
  try {
    const logs =
      options === 'restarted'
        ? (await listLogs(shell, staticPodNames, '')).filter((log) => log.restart > 0)
        : await listLogs(shell, options.pods, `${nodePlaces.rollback}/armed`)
    const newest = new Map<string, Log>()
    for (const log of logs) if (log.restart >= (newest.get(log.pod)?.restart ?? 0)) newest.set(log.pod, log)
    const texts = [...newest.values()].map(async ({ pod, path }) => {
      const { stdout } = await shell.run(tailScript, { args: [path], timeout: 10_000 })
      return `\n  the last that ${pod} wrote:${stdout.trim().split('\n').map(withoutStamp).join('')}`
    })
    return (await Promise.all(texts)).join('')
  } catch {
    return ''
  }
}

/** CRI logging format: `TIME stdout|stderr F|P MESSAGE`. */
function withoutStamp(line: string): string {
  const [, message] = /^\d{4}-\S+ std(?:out|err) [FP] (.*)$/.exec(line) ?? []
  return `\n    ${message ?? line}`
}
