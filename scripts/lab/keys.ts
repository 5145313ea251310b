import { readFile, rename, rm } from 'node:fs/promises'
import { run } from '../../lib/exec.ts'
import { ensureFolder, exists, writeAtomic } from '../../lib/files.ts'
import { type HostPlaces, hostPlaces, type LabPlaces } from './places.ts'
import { type LabHost, labHosts } from './table.ts'

/** Makes the lab's own key and op's, once. */
export async function makeLabKeys(places: LabPlaces): Promise<void> {
  await ensureFolder(places.keys.folder, 0o700)
  await makeKey(places.keys.lab, 'redoubt-lab')
  await makeKey(places.keys.op, 'redoubt-lab-op')
}

/** Makes an Ed25519 key pair `path` and `path.pub` unless it is there. The private half appears last: with it the pair is whole. */
export async function makeKey(path: string, comment: string): Promise<void> {
  if (await exists(path)) return
  const temporary = `${path}.new`
  await rm(temporary, { force: true })
  await rm(`${temporary}.pub`, { force: true })
  await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', temporary])
  await rename(`${temporary}.pub`, `${path}.pub`)
  await rename(temporary, path)
}

/** Writes the lab's known_hosts from the keys that were kept when the hosts were made, and returns its text. */
export async function writeKnownHosts(places: LabPlaces): Promise<string> {
  const lines: string[] = []
  for (const host of labHosts) {
    const { hostKey }: HostPlaces = hostPlaces(places, host.name)
    if (await exists(hostKey)) lines.push(knownHostsLine(host, await readFile(hostKey, 'utf8')))
  }
  const text = lines.join('')
  await writeAtomic(places.keys.knownHosts, text)
  return text
}

/** `cp1,10.77.0.11 ssh-ed25519 AAAA...` from a public key file's text (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export function knownHostsLine(host: LabHost, publicKey: string): string {
  return `${host.name},${host.address} ${publicKey.trim().split(' ').slice(0, 2).join(' ')}\n`
}
