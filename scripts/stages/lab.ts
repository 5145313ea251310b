import { spawn } from 'node:child_process'
import { RedoubtError } from '../../lib/errors.ts'
import { formatTable } from '../../lib/output.ts'
import type { Context } from '../command.ts'
import { type LabHostStatus, labDown, labReboot, labSinkhole, labStatus, labUp } from '../lab/lab.ts'
import { nodeShell } from '../lab/reach.ts'
import { sinkholeCount } from '../lab/sinkhole.ts'

/** `lab up`: hosts made and started, then their status. */
export async function up(context: Context, names: string[]): Promise<number> {
  await labUp(context, names)
  await status(context)
  context.out.note('Try: redoubt lab ssh op')
  return 0
}

/** `lab down`: hosts stopped and, with `erase`, deleted. */
export async function down(context: Context, names: string[], erase: boolean): Promise<number> {
  await labDown(context, names, erase)
  return 0
}

/** `lab reboot NODE` */
export async function reboot(context: Context, name: string): Promise<number> {
  await labReboot(context, name)
  return 0
}

/** `lab status`: a line for each host. */
export async function status({ out }: Context): Promise<number> {
  const hosts = await labStatus()
  if (out.format === 'json') out.json({ kind: 'LabStatus', hosts })
  else out.data(formatTable(['NAME', 'ADDRESS', 'STATE', 'UPTIME', 'PID'], hosts.map(statusRow)))
  return 0
}

function statusRow(host: LabHostStatus): string[] {
  const uptime = host.uptimeSeconds === undefined ? '-' : `${host.uptimeSeconds}s`
  return [host.name, host.address, host.state, uptime, String(host.leader ?? '-')]
}

/** `lab ssh NODE [-- COMMAND ...]`: the ssh program on this terminal; its exit code is ours. */
export async function ssh(name: string, command: string[]): Promise<number> {
  const [program, ...args] = [...nodeShell(name), ...(command.length > 0 ? ['--', ...command] : [])]
  return await new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit' })
    const hint = 'Install it: apt-get install openssh-client'
    child.once('error', (cause) => reject(new RedoubtError('failed', 'ssh is not installed here', { hint, cause })))
    child.once('close', (code) => resolve(code ?? 1))
  })
}

/** `lab sinkhole up|down` */
export async function sinkhole(context: Context, up: boolean): Promise<number> {
  await labSinkhole(context, up)
  context.out.note(
    up
      ? 'the hosts have a default route and a resolver; what they send there is counted and dropped'
      : 'the hosts have no default route and no resolver',
  )
  return 0
}

/** `lab sinkhole count`: packets since it was made. */
export async function count({ out }: Context): Promise<number> {
  const packets = await sinkholeCount()
  if (out.format === 'json') out.json({ kind: 'SinkholeCount', packets })
  else out.data(String(packets))
  return 0
}
