// What the schema of ports and paths cannot say: they are nobody else's.
import { fail } from '../lib/errors.ts'
import { paths, ports } from './components.ts'
import type { LoadedSpec } from './spec.ts'

/** What the kernel, the host or a component keeps: nothing of a cluster's data lies within, and no such folder within the data. */
const taken: readonly string[] = [
  ...['/bin', '/boot', '/dev', '/etc', '/lib', '/lib64', '/proc', '/run', '/sbin', '/sys', '/tmp', '/usr'],
  ...['/opt/cni', '/var/lib/cni', '/var/lib/containerd', '/var/lib/dpkg', '/var/log/journal', '/var/log/pods'],
  ...['/var/log/containers', '/var/run', '/var/tmp', paths.kubeletData, paths.state],
]
/** Kubernetes' own range of node ports. */
const nodePorts = { first: 30000, last: 32767 }

/** Throws `usage` at file:line for a port or a folder that something else has. */
export function checkShape(spec: LoadedSpec): void {
  checkPort(spec)
  checkFolder(spec, ['etcd', 'dataDir'], spec.spec.etcd.dataDir)
  checkFolder(spec, ['audit', 'logDir'], spec.spec.audit.logDir)
  const [data, log] = [spec.spec.etcd.dataDir, spec.spec.audit.logDir]
  if (within(data, log) || within(log, data))
    fail('usage', `${log} and ${data} lie one within the other: etcd’s folder is etcd’s alone`, {
      where: spec.where(['spec', 'audit', 'logDir']),
    })
}

function checkPort(spec: LoadedSpec): void {
  const { port } = spec.spec.apiServer
  const where = spec.where(['spec', 'apiServer', 'port'])
  const [owner] = Object.entries({ ...ports, 'spec.ssh.port': spec.spec.ssh.port }).find(([, n]) => n === port) ?? []
  if (owner) fail('usage', `spec.apiServer.port: ${port} is taken: ${owner}`, { where })
  if (port >= nodePorts.first && port <= nodePorts.last)
    fail('usage', `spec.apiServer.port: ${port} lies among the ports of Services, 30000 to 32767`, { where })
}

/** A folder of two names at least, below /var of three: those above are shared by many. */
function checkFolder(spec: LoadedSpec, path: readonly string[], folder: string): void {
  const where = spec.where(['spec', ...path])
  const name = `spec.${path.join('.')}`
  if (folder.split('/').length < (folder.startsWith('/var/') ? 4 : 3))
    fail('usage', `${name}: ${folder} is shared by too many: name a folder of its own within it`, { where })
  const other = taken.find((one) => within(folder, one) || within(one, folder))
  if (other)
    fail('usage', `${name}: ${folder} ${within(folder, other) ? 'lies within' : 'holds'} ${other}`, {
      where,
      hint: 'Choose a folder of its own, for example /srv/etcd or /srv/audit.',
    })
}

function within(inner: string, outer: string): boolean {
  return `${inner}/`.startsWith(`${outer}/`)
}
