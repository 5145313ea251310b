import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fail } from '../../lib/errors.ts'
import { throwIfAborted } from '../../lib/exec.ts'
import { type CgroupLayout, groupsOf } from './cgroups.ts'
import type { HostPlaces } from './places.ts'
import { type LabHost, labNetwork } from './table.ts'

/** A running host: the systemd-nspawn that holds it and, once it is there, its init. Pids of this machine. */
export interface Machine {
  nspawn: number
  leader: number | undefined
}

/** The command line of a host. */
export function nspawnCommand(
  host: LabHost,
  places: Pick<HostPlaces, 'root'>,
  layout: CgroupLayout,
  images?: string,
): string[] {
  return [
    'systemd-nspawn',
    '--quiet',
    `--machine=${host.name}`,
    `--directory=${places.root}`,
    '--boot',
    '--register=no',
    // Where systemd runs this machine it gives each host a delegated group; else the host stays in the one we made.
    ...(layout.managed ? [] : ['--keep-unit']),
    '--private-network',
    `--network-bridge=${labNetwork.bridge}`,
    '--resolv-conf=off',
    '--timezone=off',
    '--link-journal=no',
    // What containerd, the kubelet and pods need; a lab is no security boundary towards this machine.
    '--capability=all',
    '--system-call-filter=@mount @keyring bpf perf_event_open',
    '--bind-ro=/dev/kmsg',
    ...(images ? [`--bind=${images}:/var/lib/containerd`] : []),
    ...layout.controllers.map((name) => `--bind=/sys/fs/cgroup/${name}/redoubt-${host.name}:/cg/${name}`),
  ]
}

/** Starts a host in its own control groups, detached from us, its console in a file. The result tells whether it has ended again. */
export function startMachine(host: LabHost, places: HostPlaces, layout: CgroupLayout, images?: string): () => boolean {
  // The shell puts itself into the groups, then becomes systemd-nspawn.
  const enter = 'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit 1; shift; done; shift; exec "$@"'
  const console = openSync(places.console, 'w', 0o600)
  const child = spawn(
    'sh',
    ['-c', enter, 'sh', ...groupsOf(layout, host.name), '--', ...nspawnCommand(host, places, layout, images)],
    {
      detached: true,
      stdio: ['ignore', console, console],
      // The kubelet writes below /proc/sys and /sys.
      env: { PATH: process.env.PATH, SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'yes' },
    },
  )
  child.unref()
  closeSync(console)
  return () => child.exitCode !== null || child.signalCode !== null
}

/** Waits until a host's init runs and has its network interface. Throws `failed` with the console's last lines. */
export async function waitForLeader(
  host: LabHost,
  places: HostPlaces,
  ended: () => boolean,
  signal: AbortSignal,
): Promise<number> {
  const end = performance.now() + 60_000
  while (performance.now() < end && !ended()) {
    throwIfAborted(signal)
    const machine = await findMachine(places.root)
    if (machine?.leader && (await hasInterface(machine.leader))) return machine.leader
    await sleep(50)
  }
  return fail('failed', `the host did not start:\n  ${await consoleTail(places)}`, {
    where: host.name,
    hint: `See ${places.console}.`,
  })
}

/** The last lines that a host wrote to its console. */
export async function consoleTail(places: HostPlaces): Promise<string> {
  const text = await readFile(places.console, 'latin1').catch(() => '')
  return text.trim().split(/\r?\n/).slice(-5).join('\n  ') || '(it wrote nothing to its console)'
}

/** The host that runs from this root folder. The process table is asked, not a pid file: it is never stale. */
export async function findMachine(root: string): Promise<Machine | undefined> {
  const found = (await listMachines()).find(({ words }) => words.includes(`--directory=${root}`))
  return found && { nspawn: found.pid, leader: await findLeader(found.pid) }
}

/** The root folder of a host of this name that another lab runs; there cannot be two, they would have one address. */
export async function findRival(name: string, root: string): Promise<string | undefined> {
  const named = (await listMachines()).filter(({ words }) => words.includes(`--machine=${name}`))
  const folders = named.flatMap(({ words }) => words.filter((word) => word.startsWith('--directory=')))
  return folders.map((word) => word.slice('--directory='.length)).find((folder) => folder !== root)
}

/** Every systemd-nspawn of this machine, with its command line. */
async function listMachines(): Promise<{ pid: number; words: string[] }[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))
  const all = await Promise.all(
    pids.map(async (pid) => ({ pid: Number(pid), words: (await readOr(`/proc/${pid}/cmdline`)).split('\0') })),
  )
  return all.filter(({ words }) => words[0]?.endsWith('systemd-nspawn'))
}

/** The child that is process 1 of its own namespace; the helper that nspawn has before it is not. */
async function findLeader(nspawn: number): Promise<number | undefined> {
  for (const pid of (await readOr(`/proc/${nspawn}/task/${nspawn}/children`)).trim().split(' ').filter(Boolean))
    if (/^NSpid:.*\t1$/m.test(await readOr(`/proc/${pid}/status`))) return Number(pid)
  return undefined
}

async function hasInterface(leader: number): Promise<boolean> {
  return (await readOr(`/proc/${leader}/net/dev`)).includes('host0:')
}

/** Seconds since a process started, or undefined when it is gone (proc_pid_stat(5), field 22, in ticks of 1/100 s). */
export async function runningSeconds(pid: number): Promise<number | undefined> {
  const stat = await readOr(`/proc/${pid}/stat`)
  const started = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) / 100
  const up = Number((await readOr('/proc/uptime')).split(' ')[0])
  return stat === '' ? undefined : Math.max(0, Math.round(up - started))
}

/** Asks a host to power off, waits, and ends it when it does not. */
export async function stopMachine(root: string): Promise<void> {
  const machine = await findMachine(root)
  if (!machine) return
  // SIGRTMIN+4: systemd's power-off (systemd(1), SIGNALS). Node names no real-time signals.
  if (machine.leader) signalPid(machine.leader, 34 + 4)
  const end = performance.now() + (machine.leader ? 20_000 : 0)
  while (performance.now() < end && (await findMachine(root))) await sleep(50)
  if (!(await findMachine(root))) return
  signalPid(machine.nspawn, 'SIGKILL')
  if (machine.leader) signalPid(machine.leader, 'SIGKILL')
  while (await findMachine(root)) await sleep(50)
}

/** Sends a signal; a process that is gone is no error. */
export function signalPid(pid: number, signal: NodeJS.Signals | number): void {
  try {
    if (pid > 0) process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function readOr(path: string): Promise<string> {
  return await readFile(path, 'latin1').catch(() => '')
}
