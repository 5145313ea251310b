import { fail } from '../../lib/errors.ts'
import { ensureFolder, exists } from '../../lib/files.ts'
import type { Context } from '../command.ts'
import { startHost, stopHost } from './host.ts'
import { makeLabKeys, writeKnownHosts } from './keys.ts'
import { raiseLimits } from './limits.ts'
import { withLabLock } from './lock.ts'
import { findMachine, runningSeconds } from './machine.ts'
import { greets, makeBridge, removeBridge } from './network.ts'
import { hostPlaces, labPlaces } from './places.ts'
import { checkRequirements } from './requirements.ts'
import { deleteRoot, informOp, makeRoot } from './root.ts'
import { rootfsTar } from './rootfs.ts'
import { makeSinkhole, pointHost, removeSinkhole } from './sinkhole.ts'
import { defaultHosts, findHost, findHosts, labHosts } from './table.ts'

export type LabContext = Pick<Context, 'out' | 'signal'>

export interface LabHostStatus {
  name: string
  address: string
  /** `absent`: never made. `starting`: runs, its sshd does not answer (yet). */
  state: 'absent' | 'stopped' | 'starting' | 'running'
  /** Pid of the host's init on this machine. */
  leader?: number
  uptimeSeconds?: number
}

/**
 * Makes what is missing of the named hosts (default: op, cp1, w1) and starts those that do not run, all at once. Hosts that run are left
 * alone. Throws `failed` when this machine lacks something, `usage` for an unknown name.
 */
export async function labUp(context: LabContext, names: readonly string[] = []): Promise<void> {
  const hosts = findHosts(names)
  checkRequirements()
  const places = labPlaces()
  await locked(context, async () => {
    await ensureFolder(places.folder, 0o700)
    await ensureFolder(places.hosts, 0o700)
    await makeLabKeys(places)
    const tar = await rootfsTar(places, context)
    await makeBridge()
    const raised = await raiseLimits()
    if (raised.length > 0) context.out.note(`raised on this machine, for all hosts together: ${raised.join(', ')}`)
    const results = await Promise.allSettled(
      hosts.map((host) =>
        context.out.step(`host ${host.name}`, async (report) => {
          report.status('unpacking')
          await makeRoot(places, host, tar)
          report.status('starting')
          const { started } = await startHost(places, host, context.signal)
          report.detail(`${host.address}${started ? '' : ' runs already'}`)
        }),
      ),
    )
    await informOp(places, await writeKnownHosts(places))
    for (const result of results) if (result.status === 'rejected') throw result.reason
  })
}

/** Powers the named hosts (default: all) off and, with `erase`, deletes them. The bridge goes with the last host. */
export async function labDown(context: LabContext, names: readonly string[] = [], erase = false): Promise<void> {
  const hosts = findHosts(
    names,
    labHosts.map((host) => host.name),
  )
  checkRequirements()
  const places = labPlaces()
  await locked(context, async () => {
    await Promise.all(
      hosts.map(async (host) => {
        const present = await exists(hostPlaces(places, host.name).folder)
        if (!present) return
        await context.out.step(`host ${host.name} ${erase ? 'deleted' : 'down'}`, async (report) => {
          report.status('powering off')
          await stopHost(places, host)
          if (erase) await deleteRoot(places, host)
        })
      }),
    )
    // A machine that never had a lab has no keys either.
    if (erase && (await exists(places.keys.folder))) await informOp(places, await writeKnownHosts(places))
    if ((await labStatus()).some((host) => host.leader !== undefined)) return
    await removeSinkhole()
    await removeBridge()
  })
}

/** Stops one host, as its power button would, and starts it again. Also what brings a host back that rebooted itself. */
export async function labReboot(context: LabContext, name: string): Promise<void> {
  const host = findHost(name)
  checkRequirements()
  await locked(context, () =>
    context.out.step(`host ${name} down`, async (report) => {
      report.status('powering off')
      await stopHost(labPlaces(), host)
    }),
  )
  await labUp(context, [name])
}

/**
 * Makes the sinkhole and points every running host to it, or (`up` false) takes it away again. Hosts that start later follow. Throws `failed`
 * when no host runs.
 */
export async function labSinkhole(context: LabContext, up: boolean): Promise<void> {
  checkRequirements()
  const places = labPlaces()
  await locked(context, async () => {
    const running = (await labStatus()).filter((host) => host.leader !== undefined)
    if (up && running.length === 0) fail('failed', 'no host of the lab runs', { hint: 'Start it: redoubt lab up' })
    if (up) await makeSinkhole()
    for (const { name, leader } of running) if (leader) await pointHost(leader, hostPlaces(places, name).root, up)
    if (!up) await removeSinkhole()
  })
}

/** What each host that exists, or comes up by default, does now. */
export async function labStatus(): Promise<LabHostStatus[]> {
  const places = labPlaces()
  const statuses = await Promise.all(
    labHosts.map(async ({ name, address }): Promise<LabHostStatus> => {
      const { root } = hostPlaces(places, name)
      if (!(await exists(root))) return { name, address, state: 'absent' }
      const machine = await findMachine(root)
      if (!machine?.leader) return { name, address, state: machine ? 'starting' : 'stopped' }
      const uptimeSeconds = (await runningSeconds(machine.leader)) ?? 0
      const state = (await greets(address)) ? 'running' : 'starting'
      return { name, address, state, leader: machine.leader, uptimeSeconds }
    }),
  )
  return statuses.filter(({ name, state }) => state !== 'absent' || (defaultHosts as readonly string[]).includes(name))
}

async function locked(context: LabContext, work: () => Promise<void>): Promise<void> {
  await withLabLock(context.signal, () => context.out.note('waiting for another redoubt that changes the lab'), work)
}
