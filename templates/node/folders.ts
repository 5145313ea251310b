import { dirname } from 'node:path'
import { paths } from '../../cluster/components.ts'
import type { NodeFile, NodeTree } from '../../cluster/files.ts'
import type { Model } from '../../cluster/model.ts'
import { configFolder } from '../controls/layout.ts'

/** Folders that are closed to everyone but root. */
const closed: readonly string[] = [paths.manifests, configFolder, paths.kubeletData, `${paths.kubeletData}/pki`]

/** Folders that every Debian host has, and whose mode is the host's own business. */
const system: readonly string[] = [
  '/',
  '/etc',
  '/etc/ssh',
  '/etc/ssh/sshd_config.d',
  '/etc/systemd',
  '/etc/systemd/system',
  '/etc/sysctl.d',
  '/opt',
  '/usr',
  '/usr/bin',
  '/usr/local',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/var',
  '/var/lib',
  '/var/log',
]

/**
 * The folders that the files need, parents first. `places`, of a control plane, are folders without files of ours; what is above them
 * is the host's own business. In that of etcd a process keeps data of its own, for its user alone.
 */
export function foldersOf(files: readonly NodeFile[], places: Model['places'] | undefined): NodeTree['folders'] {
  const further = places ? [places.etcdData, places.auditFolder] : []
  const found = new Set<string>()
  for (const file of files)
    for (let path = dirname(file.path); !system.includes(path); path = dirname(path)) found.add(path)
  return [...found, ...further].sort().map((path) => ({
    path,
    mode: closed.includes(path) || further.includes(path) ? 0o700 : 0o755,
    owner: 'root:root',
    ...(path === places?.etcdData ? { whole: true } : {}),
  }))
}
