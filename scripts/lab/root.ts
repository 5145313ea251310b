import { appendFile, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../lib/exec.ts'
import { ensureFolder, exists, writeAtomic } from '../../lib/files.ts'
import { makeKey } from './keys.ts'
import { unmountBelow } from './mounts.ts'
import { hostPlaces, type LabPlaces } from './places.ts'
import { type LabHost, labHosts } from './table.ts'

/** Units that would look for the network of themselves: a lab's hosts stay silent unless something in them speaks on purpose. */
const masked = ['apt-daily.timer', 'apt-daily-upgrade.timer', 'systemd-networkd-wait-online.service']

/** Makes a host's root folder from the tar unless it is there: in a folder beside it, renamed when it is whole. */
export async function makeRoot(places: LabPlaces, host: LabHost, tar: string): Promise<void> {
  const final = hostPlaces(places, host.name)
  if (await exists(final.folder)) return
  const made = hostPlaces(places, `${host.name}.new`)
  await removeFolder(made.folder)
  await ensureFolder(made.root)
  // Ends with us, also when we are killed: nothing goes on writing to a folder that the next run clears.
  await run(['setpriv', '--pdeathsig', 'KILL', 'tar', '--numeric-owner', '-xpf', tar, '-C', made.root])
  await identify(made.root, host)
  await installKeys(places, made.root, host)
  await writeFile(made.hostKey, await readFile(join(made.root, 'etc/ssh/ssh_host_ed25519_key.pub')))
  await rename(made.folder, final.folder)
}

/** Deletes a host: its root folder and everything in it. Never follows a mount. */
export async function deleteRoot(places: LabPlaces, host: LabHost): Promise<void> {
  await removeFolder(hostPlaces(places, `${host.name}.new`).folder)
  await removeFolder(hostPlaces(places, host.name).folder)
}

/** Tells op which hosts there are; nodes may have been made since it was. */
export async function informOp(places: LabPlaces, knownHosts: string): Promise<void> {
  const { root } = hostPlaces(places, 'op')
  if (!(await exists(root))) return
  const path = join(root, 'root/.ssh/known_hosts')
  if (!(await exists(path)) || (await readFile(path, 'utf8')) !== knownHosts) await writeAtomic(path, knownHosts, 0o600)
}

async function identify(root: string, host: LabHost): Promise<void> {
  await writeFile(join(root, 'etc/hostname'), `${host.name}\n`)
  const names = labHosts.map(({ address, name }) => `${address} ${name}\n`).join('')
  await writeFile(join(root, 'etc/hosts'), `127.0.0.1 localhost\n::1 localhost\n${names}`)
  await rm(join(root, 'etc/resolv.conf'), { force: true })
  await writeFile(join(root, 'etc/resolv.conf'), '')
  // Empty: systemd makes an id at the first start. (The tar's would be the same on every host.)
  await writeFile(join(root, 'etc/machine-id'), '')
  await rm(join(root, 'var/lib/dbus/machine-id'), { force: true })
  for (const unit of masked) await symlink('/dev/null', join(root, 'etc/systemd/system', unit))
}

async function installKeys(places: LabPlaces, root: string, host: LabHost): Promise<void> {
  for (const name of await readdir(join(root, 'etc/ssh')))
    if (name.startsWith('ssh_host_')) await rm(join(root, 'etc/ssh', name))
  await makeKey(join(root, 'etc/ssh/ssh_host_ed25519_key'), host.name)
  const folder = join(root, 'root/.ssh')
  await ensureFolder(join(root, 'root'), 0o700)
  await ensureFolder(folder, 0o700)
  await writeFile(join(folder, 'authorized_keys'), await readFile(`${places.keys.lab}.pub`), { mode: 0o600 })
  if (host.role === 'node') await appendFile(join(folder, 'authorized_keys'), await readFile(`${places.keys.op}.pub`))
  else await writeFile(join(folder, 'id_ed25519'), await readFile(places.keys.op), { mode: 0o600 })
}

async function removeFolder(folder: string): Promise<void> {
  await unmountBelow(folder)
  await run(['rm', '-rf', '--one-file-system', folder])
}
