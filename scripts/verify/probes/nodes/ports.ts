// Which ports are open. From outside, and as the node's own kernel lists them.
import { loopbackPorts, openPorts } from '../../../../cluster/port-matrix.ts'
import type { ShellAnswer } from '../../env.ts'
import { judgeClosed } from '../../judge.ts'
import { type Check, check, type Probe } from '../../probe.ts'
import { inTurn } from '../../turns.ts'

export interface Listener {
  /** True when only the node itself can reach it. */
  loopback: boolean
  port: number
}

/** The listening sockets in /proc/net/tcp and tcp6 (state 0A). Addresses are hex in the byte order of the machine: 0100007F is 127.0.0.1. */
export function parseListeners(text: string): Listener[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A /.exec(line)
    if (!match) return []
    const address = match[1] ?? ''
    const v4 = address.length === 8 ? address : /^0{16}FFFF0000(.{8})$/.exec(address)?.[1]
    const loopback = v4 ? v4.endsWith('7F') : address === '00000000000000000000000001000000'
    return [{ loopback, port: Number.parseInt(match[2] ?? '', 16) }]
  })
}

/** Nothing listens to the network beyond the matrix. */
export function judgeListeners(where: string, answer: ShellAnswer, allowed: readonly number[]): Check {
  const sent = 'read /proc/net/tcp'
  const expected = `only ${allowed.join(' ')} open to the network`
  const listeners = parseListeners(answer.stdout)
  if (answer.code !== 0 || listeners.length === 0)
    return check('unknown', where, sent, expected, 'no listener was read')
  const open = [...new Set(listeners.filter((one) => !one.loopback).map((one) => one.port))].sort((a, b) => a - b)
  const extra = open.filter((port) => !allowed.includes(port))
  const saw = extra.length > 0 ? `also ${extra.join(' ')}` : open.join(' ')
  return check(extra.length === 0 ? 'pass' : 'fail', where, sent, expected, saw)
}

/** A port is open on the node's own loopback and on no other address, whatever a firewall lets through. */
export function judgeLoopback(where: string, port: number, listeners: readonly Listener[]): Check {
  const own = listeners.filter((one) => one.port === port)
  const [sent, expected] = [`port ${port}`, 'open on loopback alone']
  if (own.length === 0) return check('unknown', where, sent, expected, 'not listening')
  const everywhere = own.some((one) => !one.loopback)
  return check(everywhere ? 'fail' : 'pass', where, sent, expected, everywhere ? 'open to the network' : 'open')
}

const matrix: Probe = {
  id: 'listeners',
  title: 'nodes listen on the ports of the matrix and on no others',
  group: 'nodes',
  controls: ['loopback-only', 'proxy-loopback', 'kubelet-readonly-port'],
  needs: ['nodes'],
  budget: 15_000,
  run: async (env) =>
    Promise.all(
      env.model.nodes.map(async (node) =>
        judgeListeners(
          `node ${node.name}`,
          await inTurn(env, node.name, () => env.shell(node.name, 'cat /proc/net/tcp /proc/net/tcp6')),
          openPorts(env.model, node.role),
        ),
      ),
    ),
}

const loopback: Probe = {
  id: 'loopback-ports',
  title: 'controller manager, scheduler, metrics and health ports answer on their own node only',
  group: 'nodes',
  controls: ['loopback-only', 'proxy-loopback'],
  needs: ['nodes'],
  budget: 15_000,
  run: async (env) => {
    const each = env.model.nodes.map(async (node) => {
      const listeners = parseListeners((await env.shell(node.name, 'cat /proc/net/tcp /proc/net/tcp6')).stdout)
      return Promise.all(
        loopbackPorts(node.role).flatMap((port) => {
          // A port that nothing listens on at all would be closed too: it must be seen open on the node itself.
          const inside = judgeLoopback(`node ${node.name}`, port, listeners)
          const outside = env
            .plaintext({ host: node.address, port, request: 'GET / HTTP/1.0\r\n\r\n' })
            .then((result) => judgeClosed(`${node.address}:${port}`, result))
          return [inside, outside]
        }),
      )
    })
    return (await Promise.all(each)).flat()
  },
}

export const portProbes: readonly Probe[] = [matrix, loopback]
