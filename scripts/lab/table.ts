import { fail } from '../../lib/errors.ts'

export interface LabHost {
  name: string
  address: string
  /** `op` is the operator's host, `node` one that a cluster may be put on. */
  role: 'op' | 'node'
}

/** The hosts that a lab can have. More are a line here. A name is at most 12 characters: its interface is `vb-NAME`. */
export const labHosts: readonly LabHost[] = [
  { name: 'op', address: '10.77.0.10', role: 'op' },
  { name: 'cp1', address: '10.77.0.11', role: 'node' },
  { name: 'w1', address: '10.77.0.12', role: 'node' },
  { name: 'cp2', address: '10.77.0.13', role: 'node' },
  { name: 'cp3', address: '10.77.0.14', role: 'node' },
  { name: 'w2', address: '10.77.0.15', role: 'node' },
  // The benchmark's own, so that it never measures on a cluster that somebody is trying.
  { name: 'bench1', address: '10.77.0.21', role: 'node' },
  { name: 'bench2', address: '10.77.0.22', role: 'node' },
]

/** The hosts that `lab up` brings up when none is named. */
export const defaultHosts = ['op', 'cp1', 'w1'] as const

/** A bridge of this machine without uplink. `address` is this machine's own on it; it forwards nothing that comes from there. */
export const labNetwork = { bridge: 'redoubt0', address: '10.77.0.1', prefix: 24 } as const

/** The hosts of these names, in the order of the table; all of `otherwise` when none is given. Throws `usage` for a name it lacks. */
export function findHosts(names: readonly string[], otherwise: readonly string[] = defaultHosts): LabHost[] {
  for (const name of names)
    if (!labHosts.some((host) => host.name === name))
      fail('usage', `the lab has no host ${name}`, {
        hint: `Its hosts are ${labHosts.map((host) => host.name).join(', ')}.`,
      })
  const wanted = names.length > 0 ? names : otherwise
  return labHosts.filter((host) => wanted.includes(host.name))
}

/** The one host of this name. Throws `usage` for a name that the table lacks. */
export function findHost(name: string): LabHost {
  return findHosts([name])[0] as LabHost
}
