import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Where the lab keeps what it needs between runs. */
export interface LabPlaces {
  folder: string
  /** Debian root file systems, one tar for each set of inputs. */
  rootfs: string
  keys: { folder: string; lab: string; op: string; knownHosts: string }
  hosts: string
}

/** What one host has on this machine. */
export interface HostPlaces {
  folder: string
  root: string
  /** The public half of its ssh host key, kept from when it was made. */
  hostKey: string
  console: string
  /** Where /var/lib/containerd is mounted when the root folder cannot carry an overlay. */
  images: string
}

/** The lab's folder: REDOUBT_LAB, else `redoubt/lab` below XDG_STATE_HOME or ~/.local/state. */
export function labPlaces(env: NodeJS.ProcessEnv = process.env): LabPlaces {
  const state = env.XDG_STATE_HOME || join(env.HOME || homedir(), '.local/state')
  const folder = resolve(env.REDOUBT_LAB || join(state, 'redoubt/lab'))
  const keys = join(folder, 'keys')
  return {
    folder,
    rootfs: join(folder, 'rootfs'),
    keys: { folder: keys, lab: join(keys, 'lab'), op: join(keys, 'op'), knownHosts: join(keys, 'known_hosts') },
    hosts: join(folder, 'hosts'),
  }
}

export function hostPlaces(places: LabPlaces, name: string): HostPlaces {
  const folder = join(places.hosts, name)
  return {
    folder,
    root: join(folder, 'root'),
    hostKey: join(folder, 'host-key.pub'),
    console: join(folder, 'console.log'),
    images: join(folder, 'images'),
  }
}
