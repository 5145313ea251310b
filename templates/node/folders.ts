import { dirname } from 'node:path'
import { paths } from '../../cluster/components.ts'
import type { NodeFile, NodeTree } from '../../cluster/files.ts'
import { configFolder } from '../controls/layout.ts'

/** Folders that are closed to everyone but root. */
const closed: readonly string[] = [
  paths.manifests,
  configFolder,
  paths.etcdData,
  dirname(paths.auditLog),
  paths.kubeletData,
  `${paths.kubeletData}/pki`,
]

/** Folders in which a process keeps data of its own, for its user alone. */
const data: readonly string[] = [paths.etcdData]

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

/** The folders that the files need, and `further` ones, parents first. */
export function foldersOf(files: readonly NodeFile[], further: readonly string[]): NodeTree['folders'] {
  const found = new Set<string>()
  for (const start of [...files.map((file) => dirname(file.path)), ...further])
    for (let path = start; !system.includes(path); path = dirname(path)) found.add(path)
  return [...found].sort().map((path) => ({
    path,
    mode: closed.includes(path) ? 0o700 : 0o755,
    owner: 'root:root',
    ...(data.includes(path) ? { whole: true } : {}),
  }))
}
