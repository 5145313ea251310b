// The TLS floor of controller manager and scheduler, which listen on loopback only: a shell on the node carries our bytes.
import { ports } from '../../../cluster/components.ts'
import { clientHello, type HelloVersion, readAnswer, strongSuites, weakSuites } from '../client-hello.ts'
import type { Env } from '../env.ts'
import type { Handshake } from '../handshake.ts'
import { judgeAccepted, judgeRefused } from '../judge.ts'
import type { Probe } from '../probe.ts'
import { askEach } from './targets.ts'

/** Sends standard input (base64) to a port of loopback and prints the first bytes that come back (base64). 9: not listening. */
const script = `command -v bash >/dev/null || exit 8
exec bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 9
base64 -d >&3; timeout 5 head -c 96 <&3 | base64 -w0' bash "$1" 2>/dev/null`

const services = [
  ['controller manager', ports.controllerManager],
  ['scheduler', ports.scheduler],
] as const

async function hello(
  env: Env,
  node: string,
  port: number,
  version: HelloVersion,
  suites: readonly number[],
): Promise<Handshake> {
  const stdin = clientHello(version, suites).toString('base64')
  const { code, stdout } = await env.shell(node, script, { args: [String(port)], stdin })
  if (code === 8) return { kind: 'local', text: 'the node has no bash' }
  if (code !== 0) return { kind: 'unreachable', text: `nothing listens there (${code})` }
  return readAnswer(Buffer.from(stdout, 'base64'))
}

const floor: Probe = {
  id: 'loopback-tls',
  title: 'controller manager and scheduler: TLS 1.1 and weak suites are refused',
  group: 'transport',
  controls: ['apiserver-tls'],
  needs: ['nodes'],
  budget: 30_000,
  run: (env) =>
    askEach(env.model.controlPlanes, ({ name }) =>
      askEach(services, async ([service, port]) => {
        const where = `${service}, 127.0.0.1:${port} of node ${name}`
        return [
          judgeAccepted(
            where,
            'TLS 1.2 hello with ECDHE and AES-GCM',
            await hello(env, name, port, 'TLSv1.2', strongSuites),
          ),
          judgeRefused(where, 'TLS 1.1 hello', await hello(env, name, port, 'TLSv1.1', weakSuites), 'parameters'),
          judgeRefused(
            where,
            'TLS 1.2 hello with weak suites only',
            await hello(env, name, port, 'TLSv1.2', weakSuites),
            'parameters',
          ),
        ]
      }),
    ),
}

export const loopbackTlsProbes: readonly Probe[] = [floor]
