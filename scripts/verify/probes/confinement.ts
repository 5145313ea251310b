// What the kernel says of a process in a pod: the promises of its securityContext, kept.
import type { ShellAnswer } from '../env.ts'
import { type Check, check, type Probe } from '../probe.ts'
import { askEach } from './targets.ts'

/** `/proc/PID/status` of every process of the pod with this uid. The pause container is one of them. */
const script = `uid=$(printf %s "$1" | tr - _)
for p in /proc/[0-9]*; do
  grep -qs -e "$1" -e "$uid" "$p/cgroup" && cat "$p/status" 2>/dev/null
done
exit 0`

/** What the restricted standard comes down to: line of /proc/PID/status -> its value. */
const confined: Record<string, string> = {
  CapEff: '0000000000000000',
  CapPrm: '0000000000000000',
  CapBnd: '0000000000000000',
  NoNewPrivs: '1',
  Seccomp: '2', // a filter
  Uid: '65532 65532 65532 65532',
}

/** The process called `name` has no capability, a seccomp filter, no way to gain privileges, and is not root. */
export function judgeConfined(where: string, answer: ShellAnswer, name: string): Check {
  const sent = `/proc/PID/status of ${name}`
  const expected = Object.entries(confined)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ')
  const statuses = answer.stdout.split(/^(?=Name:)/m).map(parseStatus)
  const status = statuses.find((one) => one.get('Name') === name)
  if (!status) return check('unknown', where, sent, expected, 'no such process in the pod')
  const wrong = Object.entries(confined).filter(([key, value]) => status.get(key) !== value)
  if (wrong.length === 0) return check('pass', where, sent, expected, expected)
  return check('fail', where, sent, expected, wrong.map(([key]) => `${key} ${status.get(key)}`).join(', '))
}

function parseStatus(text: string): Map<string, string> {
  return new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const colon = line.indexOf(':')
      return colon < 0
        ? []
        : [
            [
              line.slice(0, colon),
              line
                .slice(colon + 1)
                .trim()
                .replaceAll(/\s+/g, ' '),
            ],
          ]
    }),
  )
}

const confinement: Probe = {
  id: 'pod-confinement',
  title: 'a restricted pod runs without capabilities, with a seccomp filter, not as root',
  group: 'workloads',
  controls: [],
  needs: ['sandbox', 'nodes'],
  budget: 120_000,
  run: async (env) => {
    const { pods } = await env.pods()
    return askEach(pods, async ({ node, uid }) =>
      judgeConfined(`pod on ${node}`, await env.shell(node, script, { args: [uid] }), 'agnhost'),
    )
  },
}

export const confinementProbes: readonly Probe[] = [confinement]
