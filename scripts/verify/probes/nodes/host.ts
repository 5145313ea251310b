// What the kernel of a node is set to, and what it holds pods to.
import { closedFiles } from '../../../../templates/controls/file-access.ts'
import { ruleOf } from '../../../../templates/node/modes.ts'
import { kernelSettings } from '../../../../templates/node/sysctl.ts'
import type { ShellAnswer } from '../../env.ts'
import { type Check, check, type Probe } from '../../probe.ts'

const kernel: Probe = {
  id: 'kernel-settings',
  title: 'each node’s kernel is set as rendered, where the host lets itself be set',
  group: 'nodes',
  controls: ['kernel-defaults'],
  needs: ['nodes'],
  budget: 15_000,
  run: async (env) => {
    const each = env.model.nodes.map(async (node) => {
      const wanted = Object.entries(kernelSettings(node.host))
      const script = 'for name in "$@"; do echo "$name = $(sysctl -n "$name")"; done'
      const { stdout } = await env.shell(node.name, script, { args: wanted.map(([name]) => name) })
      const lines = stdout.split('\n')
      return wanted.map(([name, value]): Check => {
        const line = lines.find((one) => one.startsWith(`${name} = `)) ?? ''
        const saw = line.slice(name.length + 3)
        const verdict = saw === String(value) ? 'pass' : saw === '' ? 'unknown' : 'fail'
        return check(verdict, `node ${node.name}`, `sysctl ${name}`, String(value), saw || 'no answer')
      })
    })
    return (await Promise.all(each)).flat()
  },
}

/** The limit of processes of the pod with the uid $1, in control groups v1 or v2. */
const pidsScript = `uid=$1 other=$(printf %s "$1" | tr - _)
find /sys/fs/cgroup -type d \\( -name "*pod$uid*" -o -name "*pod$other*" \\) 2>/dev/null | while read -r d; do
  [ -f "$d/pids.max" ] && cat "$d/pids.max"
done
exit 0`

/** The kernel's own limit, of the pod's control group. */
export function judgePids(where: string, answer: ShellAnswer, limit: number): Check {
  const [sent, expected] = ['pids.max of a test pod', `at most ${limit}`]
  const found = answer.stdout.split('\n').filter((line) => line !== '')
  if (found.length === 0) return check('unknown', where, sent, expected, 'no control group was found')
  const holds = found.some((line) => /^\d+$/.test(line) && Number(line) <= limit)
  return check(holds ? 'pass' : 'fail', where, sent, expected, found.join(', '))
}

const pids: Probe = {
  id: 'pod-pids-limit',
  title: 'a pod may start only so many processes',
  group: 'nodes',
  controls: ['kubelet-limits'],
  needs: ['sandbox', 'nodes'],
  budget: 120_000,
  run: async (env) => {
    const { pods } = await env.pods()
    return Promise.all(
      pods.map(async ({ node, uid }) =>
        judgePids(`pod on ${node}`, await env.shell(node, pidsScript, { args: [uid] }), 4096),
      ),
    )
  },
}

/** Reads each file named on standard input as nobody; says which it got, and which are not there. The first line: whether nobody can read anything. */
const readScript = `as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups cat -- "$1" >/dev/null 2>&1; }
as_nobody /etc/hostname && echo works
while IFS= read -r f; do
  [ -f "$f" ] || printf 'missing %s\\n' "$f"
  as_nobody "$f" && printf 'read %s\\n' "$f"
done
exit 0`

const closed: Probe = {
  id: 'files-closed',
  title: 'another user of a node can read no key, no kubeconfig and no configuration',
  group: 'nodes',
  controls: ['file-access'],
  needs: ['nodes'],
  budget: 20_000,
  run: async (env) =>
    Promise.all(
      env.model.nodes.map(async ({ name }) => {
        const files = env.tree(name).files.map((file) => file.path)
        const secret = files.filter((path) => ruleOf(path, closedFiles)?.mode === 0o600)
        const stdin = secret.map((path) => `${path}\n`).join('')
        return judgeReads(`node ${name}`, await env.shell(name, readScript, { stdin }), secret.length)
      }),
    ),
}

/** Nobody reads what everyone may, and nothing else. */
export function judgeReads(where: string, answer: ShellAnswer, count: number): Check {
  const [works, ...lines] = answer.stdout.split('\n').filter((line) => line !== '')
  const [sent, expected] = [`read ${count} files as nobody`, 'permission denied for each']
  if (works !== 'works') return check('unknown', where, sent, expected, 'nobody could not even read /etc/hostname')
  if (count === 0) return check('unknown', where, sent, expected, 'there is no file to try')
  if (lines.length === 0) return check('pass', where, sent, expected, 'denied')
  const verdict = lines.some((line) => line.startsWith('read ')) ? 'fail' : 'unknown'
  return check(verdict, where, sent, expected, lines.join(', '))
}

export const hostProbes: readonly Probe[] = [kernel, pids, closed]
