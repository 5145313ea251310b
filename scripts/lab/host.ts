import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fail } from '../../lib/errors.ts'
import { run } from '../../lib/exec.ts'
import { ensureFolder, exists } from '../../lib/files.ts'
import { makeGroups, processesOf, readLayout, removeGroups } from './cgroups.ts'
import { consoleTail, findMachine, findRival, signalPid, startMachine, stopMachine, waitForLeader } from './machine.ts'
import { unmountBelow } from './mounts.ts'
import { greets, removeCable, setAddress, waitForSshd } from './network.ts'
import { type HostPlaces, hostPlaces, type LabPlaces } from './places.ts'
import { pointHost, sinkholeIsUp } from './sinkhole.ts'
import type { LabHost } from './table.ts'

/**
 * Starts a host whose root folder is there, or finishes what a killed start began; a running host is left alone. Resolves with the pid of
 * its init and whether it was running already. Throws `failed` with the console's last lines.
 */
export async function startHost(
  places: LabPlaces,
  host: LabHost,
  signal: AbortSignal,
): Promise<{ leader: number; started: boolean }> {
  const own = hostPlaces(places, host.name)
  const before = await findMachine(own.root)
  if (before?.leader && (await greets(host.address))) {
    await giveGroups(before.leader)
    return { leader: before.leader, started: false }
  }
  let ended = () => false
  if (!before) {
    const rival = await findRival(host.name, own.root)
    if (rival)
      fail('failed', 'another lab runs a host of this name', {
        where: host.name,
        hint: `Stop it first: REDOUBT_LAB=${dirname(dirname(dirname(rival)))} redoubt lab down ${host.name}`,
      })
    await clearLeftovers(host, own)
    const layout = readLayout()
    await makeGroups(layout, host.name)
    ended = startMachine(host, own, layout, await imagesMount(own))
  }
  const leader = await waitForLeader(host, own, ended, signal)
  await setAddress(host, leader)
  await pointHost(leader, own.root, sinkholeIsUp())
  const alive = async () => (await findMachine(own.root)) !== undefined
  if (!(await waitForSshd(host, 60, alive, signal)))
    fail(
      'failed',
      `the host ${(await alive()) ? 'runs, but its sshd does not answer' : 'ended'}:\n  ${await consoleTail(own)}`,
      {
        where: host.name,
        hint: `See ${own.console}.`,
      },
    )
  await giveGroups(leader)
  return { leader, started: true }
}

/** Powers a host off and clears what it leaves on this machine; its root folder stays. */
export async function stopHost(places: LabPlaces, host: LabHost): Promise<void> {
  const own = hostPlaces(places, host.name)
  await stopMachine(own.root)
  await clearLeftovers(host, own)
}

/** Ends what a killed host left: processes in its control groups, the groups, its cable. Does nothing to the host of another lab. */
async function clearLeftovers(host: LabHost, own: HostPlaces): Promise<void> {
  if (await findRival(host.name, own.root)) return
  const layout = readLayout()
  for (const end = performance.now() + 5000; performance.now() < end; await sleep(50)) {
    const pids = await processesOf(layout, host.name)
    if (pids.length === 0) break
    for (const pid of pids) signalPid(pid, 'SIGKILL')
  }
  await removeGroups(layout, host.name)
  await removeCable(host)
}

/**
 * cgroup v1: replaces the read-only controllers that systemd-nspawn mounts by the host's own sub-trees, so that containerd and the
 * kubelet can make groups. Once each start: the mark lies in the host's /run.
 */
async function giveGroups(leader: number): Promise<void> {
  const { controllers } = readLayout()
  if (controllers.length === 0) return
  const script = `[ -e /run/redoubt-cgroups ] && exit
    for c in "$@"; do
      ! mountpoint -q "/sys/fs/cgroup/$c" || umount "/sys/fs/cgroup/$c"
      mkdir -p "/sys/fs/cgroup/$c"
      mount --bind "/cg/$c" "/sys/fs/cgroup/$c"
    done
    : > /run/redoubt-cgroups`
  await run(['nsenter', '-t', String(leader), '-m', '-p', 'sh', '-euc', script, 'sh', ...controllers])
}

/**
 * containerd keeps images as overlays. Where the lab's folder is on an overlay itself (inside a container) the kernel refuses another one
 * on it: then the host gets memory for its images. Undefined where the root folder is good enough.
 */
async function imagesMount(own: HostPlaces): Promise<string | undefined> {
  if (await carriesOverlay(own)) return undefined
  await ensureFolder(own.images)
  const mounted = await run(['mountpoint', '-q', own.images], { accept: [1, 32] })
  if (mounted.code !== 0) await run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'redoubt-images', own.images])
  return own.images
}

async function carriesOverlay(own: HostPlaces): Promise<boolean> {
  const folder = `${own.folder}/overlay-probe`
  for (const name of ['lower', 'upper', 'work', 'merged']) await ensureFolder(`${folder}/${name}`)
  const options = `lowerdir=${folder}/lower,upperdir=${folder}/upper,workdir=${folder}/work`
  const mounted = await run(['mount', '-t', 'overlay', '-o', options, 'probe', `${folder}/merged`], {
    accept: [1, 32],
  })
  await unmountBelow(folder)
  if (await exists(folder)) await run(['rm', '-rf', '--one-file-system', folder])
  return mounted.code === 0
}
