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

/** What a confined process comes down to, whoever it is: line of /proc/PID/status -> its value. */
const confined: Record<string, string> = {
  CapEff: '0000000000000000',
  CapPrm: '0000000000000000',
  CapBnd: '0000000000000000',
  NoNewPrivs: '1',
  Seccomp: '2', // a filter
}

/** Every process called `name` has no capability, a seccomp filter, no way to gain privileges, and is who `user` says: lines of its status. */
export function judgeConfined(
  where: string,
  answer: ShellAnswer,
  name: string,
  user: Readonly<Record<string, string>>,
): Check {
  const sent = `/proc/PID/status of ${name}`
  const wanted = Object.entries({ ...user, ...confined })
  const expected = wanted.map(([key, value]) => `${key} ${value}`).join(', ')
  const statuses = answer.stdout.split(/^(?=Name:)/m).map(parseStatus)
  const own = statuses.filter((one) => one.get('Name') === name)
  if (own.length === 0) return check('unknown', where, sent, expected, 'no such process')
  const wrong = own.flatMap((status) =>
    wanted.filter(([key, value]) => status.get(key) !== value).map(([key]) => `${key} ${status.get(key)}`),
  )
  if (wrong.length === 0) return check('pass', where, sent, expected, expected)
  return check('fail', where, sent, expected, wrong.join(', '))
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
      judgeConfined(`pod on ${node}`, await env.shell(node, script, { args: [uid] }), 'agnhost', {
        Uid: '65532 65532 65532 65532',
      }),
    )
  },
}

export const confinementProbes: readonly Probe[] = [confinement]
