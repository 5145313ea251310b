import { readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readSources, selectSources } from '../../bundles/sources/debian/apt-sources.ts'
import { run } from '../../lib/exec.ts'
import { ensureFolder, exists } from '../../lib/files.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Context } from '../command.ts'
import type { LabPlaces } from './places.ts'

/** What a host is before redoubt touches it: a small server with sshd and nothing that the bundle should bring. */
const inputs = {
  suite: 'bookworm',
  variant: 'minbase',
  include: [
    'systemd',
    'systemd-sysv',
    'dbus',
    'openssh-server',
    'openssh-client',
    'iproute2',
    'openssl',
    'tar',
    'bash',
  ],
} as const

/** The tar of a Debian root file system; made when it is not there yet (22 s, 230 MB), whole or not at all. */
export async function rootfsTar(places: LabPlaces, { out, signal }: Pick<Context, 'out' | 'signal'>): Promise<string> {
  const tar = join(places.rootfs, rootfsName())
  if (await exists(tar)) return tar
  await out.step(`Debian ${inputs.suite} root file system`, async (report) => {
    await clearLeftovers(places)
    const work = join(places.rootfs, 'work')
    await ensureFolder(work, 0o700)
    report.status('fetching and unpacking packages')
    const partial = `${tar}.partial`
    await run(
      [
        // In namespaces of its own: when we are killed everything that it started ends, and its mounts are gone.
        ...(['setpriv', '--pdeathsig', 'KILL'] as const),
        ...['unshare', '--mount', '--pid', '--mount-proc', '--fork', '--kill-child'],
        'mmdebstrap',
        '--quiet',
        '--mode=root',
        '--format=tar',
        `--variant=${inputs.variant}`,
        `--include=${inputs.include.join(',')}`,
        inputs.suite,
        partial,
        ...(await writeMirrors(work)),
      ],
      { env: { TMPDIR: work }, signal, hint: 'Can this machine reach a Debian mirror? See `apt-get update`.' },
    )
    await rename(partial, tar)
    await rm(work, { recursive: true, force: true })
    report.detail(rootfsName())
  })
  return tar
}

/**
 * This machine's own sources of the same Debian release, as files below `work`: a site may have a mirror of its own. None where it has no
 * such source; mmdebstrap then takes Debian's.
 */
async function writeMirrors(work: string): Promise<string[]> {
  const paths: string[] = []
  for (const { name, text } of selectSources(await readSources('/etc/apt'), inputs.suite)) {
    const path = join(work, name)
    await writeFile(path, text)
    paths.push(path)
  }
  return paths
}

/** The name changes with the inputs, so that a change of them makes a new one. */
function rootfsName(): string {
  return `${inputs.suite}-${sha256(JSON.stringify([inputs, process.arch])).slice(0, 12)}.tar`
}

/** A killed mmdebstrap leaves its folder and part of a tar. */
async function clearLeftovers(places: LabPlaces): Promise<void> {
  await ensureFolder(places.rootfs, 0o700)
  for (const name of await readdir(places.rootfs))
    if (name === 'work' || name.endsWith('.partial'))
      await run(['rm', '-rf', '--one-file-system', join(places.rootfs, name)])
}
