import type { Env, Identity, ShellAnswer } from '../../env.ts'
import { type Answer, judgeClosed, judgeStatus } from '../../judge.ts'
import { type Check, check, type Probe } from '../../probe.ts'
import { askEach, kubelets } from '../targets.ts'

const readOnlyPort = 10255

/** What would give a node away: its pods, their logs, commands in them. */
const paths = ['/pods', '/containerLogs/kube-system/none/none', '/runningpods/'] as const

function get(env: Env, url: string, as?: Identity): Promise<Answer> {
  return env.ask({ url, trust: 'kubelet-serving-ca', as })
}

const anonymous: Probe = {
  id: 'kubelet-anonymous',
  title: 'without a client certificate a kubelet answers 401',
  group: 'nodes',
  controls: ['kubelet-authentication'],
  needs: [],
  budget: 15_000,
  run: (env) =>
    askEach(kubelets(env), ({ where }) =>
      askEach(paths, async (path) =>
        judgeStatus(where, `GET ${path} without credentials`, await get(env, where + path), [401]),
      ),
    ),
}

const stranger: Probe = {
  id: 'kubelet-authorization',
  title: 'a user without rights gets 403 from a kubelet, one with rights an answer',
  group: 'nodes',
  controls: ['kubelet-authentication'],
  needs: ['api', 'issue'],
  budget: 20_000,
  run: async (env) => {
    const nobody = await env.issue({ user: `redoubt:verify:${env.run}` })
    return askEach(kubelets(env), async ({ where }) => [
      judgeStatus(
        where,
        'GET /configz as the verifier, who may',
        await get(env, `${where}/configz`, env.verifier),
        [200],
      ),
      ...(await askEach(paths, async (path) =>
        judgeStatus(where, `GET ${path} as a user without rights`, await get(env, where + path, nobody), [403]),
      )),
      judgeStatus(
        where,
        'GET /pods as the verifier, who may not',
        await get(env, `${where}/pods`, env.verifier),
        [403],
      ),
    ])
  },
}

/** Says `open` or `refused` of the port $2 at the node's own address $1. */
const connectScript = `bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null && echo open || echo refused`

/** What a node says of a port of its own that nobody should listen on. */
export function judgeConnect(where: string, port: number, { stdout }: ShellAnswer): Check {
  const saw = stdout.trim()
  const verdict = saw === 'refused' ? 'pass' : saw === 'open' ? 'fail' : 'unknown'
  return check(verdict, where, `connect to its own port ${port}`, 'connection refused', saw || 'no answer')
}

const readOnly: Probe = {
  id: 'kubelet-readonly-port',
  title: 'no kubelet listens on the port without authentication',
  group: 'nodes',
  controls: ['kubelet-readonly-port'],
  needs: ['nodes'],
  budget: 10_000,
  run: async (env) => {
    const request = 'GET /pods HTTP/1.0\r\n\r\n'
    return askEach(env.model.nodes, async ({ name, address }) => {
      const where = `${address}:${readOnlyPort}`
      // A firewall hides it from us: whether it is there, the node itself is asked.
      const inside = await env.shell(name, connectScript, { args: [address, String(readOnlyPort)] })
      return [
        judgeClosed(where, await env.plaintext({ host: address, port: readOnlyPort, request })),
        judgeConnect(`node ${name}`, readOnlyPort, inside),
      ]
    })
  },
}

export const kubeletProbes: readonly Probe[] = [anonymous, stranger, readOnly]
