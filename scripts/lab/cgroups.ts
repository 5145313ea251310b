import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '../../lib/errors.ts'

const top = '/sys/fs/cgroup'
const v1Controllers = ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids'] as const

/** How this machine's control groups are laid out, which decides how a host gets its own. */
export interface CgroupLayout {
  version: 'v1' | 'v2'
  /** v1: controllers that a host gets a sub-tree of. */
  controllers: string[]
  /** v1: hierarchies without controllers. A host needs its own group there too: else it sees, and its kubelet clears, the others' pods. */
  named: string[]
  /** True when this machine runs systemd and v2: it then makes and removes the hosts' groups (a delegated scope each). */
  managed: boolean
}

/** Reads the layout of this machine. `present` tells whether a path exists. */
export function readLayout(present: (path: string) => boolean = existsSync): CgroupLayout {
  if (present(join(top, 'cgroup.controllers')))
    return { version: 'v2', controllers: [], named: [], managed: present('/run/systemd/system') }
  return {
    version: 'v1',
    controllers: v1Controllers.filter((name) => present(join(top, name))),
    named: ['systemd', 'unified'].filter((name) => present(join(top, name))),
    managed: false,
  }
}

/** The groups of a host on this machine. Its first process is put into each before it starts. */
export function groupsOf(layout: CgroupLayout, host: string): string[] {
  if (layout.managed) return []
  const group = `redoubt-${host}`
  if (layout.version === 'v2') return [join(top, group)]
  return [...layout.controllers, ...layout.named].map((name) => join(top, name, group))
}

/** Makes a host's groups; those of a killed lab are used again. */
export async function makeGroups(layout: CgroupLayout, host: string): Promise<void> {
  if (layout.version === 'v2' && !layout.managed) await enableControllers(top)
  for (const group of groupsOf(layout, host)) {
    await mkdir(group, { recursive: true })
    if (group.startsWith(join(top, 'cpuset/'))) await fillCpuset(group)
  }
}

/** A v1 cpuset group is unusable until it has processors and memory nodes, and its children must inherit them. */
async function fillCpuset(group: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems'])
    await writeFile(join(group, file), await readFile(join(top, 'cpuset', file), 'utf8'))
  await writeFile(join(group, 'cgroup.clone_children'), '1')
}

/** v2 without systemd: children get controllers only when the parent passes them on. */
async function enableControllers(group: string): Promise<void> {
  for (const name of (await readFile(join(group, 'cgroup.controllers'), 'utf8')).trim().split(/\s+/).filter(Boolean))
    await writeFile(join(group, 'cgroup.subtree_control'), `+${name}`)
}

/** Processes that are still in a host's groups. */
export async function processesOf(layout: CgroupLayout, host: string): Promise<number[]> {
  const found = new Set<number>()
  for (const group of groupsOf(layout, host))
    for (const folder of await groupTree(group))
      for (const line of (await readFile(join(folder, 'cgroup.procs'), 'utf8')).split('\n'))
        if (line) found.add(Number(line))
  return [...found]
}

/** Removes a host's groups and those below, which must be empty of processes. */
export async function removeGroups(layout: CgroupLayout, host: string): Promise<void> {
  for (const group of groupsOf(layout, host)) for (const folder of await groupTree(group)) await rmdir(folder)
}

/** The groups at and below `group`, the deepest first; none when it is not there. */
async function groupTree(group: string): Promise<string[]> {
  try {
    const entries = await readdir(group, { withFileTypes: true })
    const below = entries.filter((entry) => entry.isDirectory()).map((entry) => groupTree(join(group, entry.name)))
    return [...(await Promise.all(below)).flat(), group]
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
