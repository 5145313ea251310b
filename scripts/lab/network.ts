import { existsSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { run, throwIfAborted } from '../../lib/exec.ts'
import { type LabHost, labNetwork } from './table.ts'

const { bridge, address, prefix } = labNetwork

/**
 * Makes the bridge that joins the hosts, or mends what a killed lab left. It has no uplink, and what comes from it is never forwarded,
 * also where this machine forwards for others: the rule says so before any route is looked up (local addresses come first, at 0).
 */
export async function makeBridge(): Promise<void> {
  if (!existsSync(`/sys/class/net/${bridge}`)) await run(['ip', 'link', 'add', bridge, 'type', 'bridge'])
  // Without IPv6 and multicast this machine says nothing of itself there (a bridge floods its own frames to every port).
  await disableIpv6(bridge)
  await run(['ip', 'link', 'set', bridge, 'multicast', 'off'])
  await run(['ip', 'addr', 'replace', `${address}/${prefix}`, 'dev', bridge])
  await run(['ip', 'link', 'set', bridge, 'up'])
  const rules = await run(['ip', 'rule', 'show', 'iif', bridge])
  if (rules.stdout.trim() === '') await run(['ip', 'rule', 'add', 'pref', '10', 'iif', bridge, 'unreachable'])
}

/** Removes the bridge unless a host is still on it. */
export async function removeBridge(): Promise<void> {
  if (existsSync(`/sys/class/net/${bridge}`)) {
    if (readdirSync(`/sys/class/net/${bridge}/brif`).length > 0) return
    await run(['ip', 'link', 'del', bridge])
  }
  await run(['ip', 'rule', 'del', 'pref', '10', 'iif', bridge], { accept: [2] })
}

/** Takes IPv6 from an interface of this machine. */
export async function disableIpv6(name: string): Promise<void> {
  if (existsSync('/proc/sys/net/ipv6')) await writeFile(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, '1')
}

/** Gives a running host its address. `leader` is the pid of its init. */
export async function setAddress(host: LabHost, leader: number): Promise<void> {
  await run(['nsenter', '-t', String(leader), '-n', 'ip', '-batch', '-'], {
    input: `addr replace ${host.address}/${prefix} dev host0\nlink set host0 up\n`,
  })
  await run(['ip', 'link', 'set', `vb-${host.name}`, 'up'])
}

/** Removes the outer end of a host's cable, where a killed host left it. */
export async function removeCable(host: LabHost): Promise<void> {
  if (existsSync(`/sys/class/net/vb-${host.name}`)) await run(['ip', 'link', 'del', `vb-${host.name}`], { accept: [1] })
}

/** Waits until the host's sshd greets us. False when it did not within `seconds`, or when the host is no longer `alive`. */
export async function waitForSshd(
  host: LabHost,
  seconds: number,
  alive: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<boolean> {
  const end = performance.now() + seconds * 1000
  while (performance.now() < end && (await alive())) {
    throwIfAborted(signal)
    if (await greets(host.address)) return true
    await sleep(50)
  }
  return false
}

/** True when something that speaks ssh answers within a second. */
export function greets(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22, timeout: 1000 })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', (data) => end(data.toString('latin1').startsWith('SSH-')))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
    socket.once('close', () => end(false))
  })
}
