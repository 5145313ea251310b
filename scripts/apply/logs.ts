import type { NodeShell } from './transport.ts'

/**
 * For each static pod whose container has been started more than once since the file $1 was made (or ever): its name, how often,
 * and the last lines it wrote. Nodes have no crictl: the kubelet keeps what containers write in /var/log/pods.
 */
const logsScript = `
for pod in etcd kube-apiserver kube-controller-manager kube-scheduler; do
  starts=0 newest=
  for log in /var/log/pods/kube-system_"$pod"-*/"$pod"/*.log; do
    [ -f "$log" ] || continue
    [ -z "$1" ] || [ "$log" -nt "$1" ] || continue
    starts=$((starts + 1))
    [ -n "$newest" ] && [ "$newest" -nt "$log" ] || newest=$log
  done
  [ $starts -lt 2 ] && continue
  echo "$pod was started $starts times; the last it wrote:"
  tail -n 4 "$newest" | cut -c 1-400
done
`

/** Lines that say which static pods keep failing, ready to follow an error's text; empty when none or nobody answers. */
export async function failingPods(shell: NodeShell, since = ''): Promise<string> {
  try {
    const { stdout } = await shell.run(logsScript, { args: [since], timeout: 10_000 })
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => `\n  ${withoutStamp(line)}`)
      .join('')
  } catch {
    return ''
  }
}

/** CRI logging format: `TIME stdout|stderr F|P MESSAGE`. */
function withoutStamp(line: string): string {
  const [, message] = /^\d{4}-\S+ std(?:out|err) [FP] (.*)$/.exec(line) ?? []
  return message === undefined ? line : `    ${message}`
}
