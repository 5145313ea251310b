import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fail } from '../../lib/errors.ts'

/** The programs of this machine that a lab needs, and the Debian packages that bring them. */
const programs: Record<string, string> = {
  mmdebstrap: 'mmdebstrap',
  'systemd-nspawn': 'systemd-container',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  unshare: 'util-linux',
  ip: 'iproute2',
  bridge: 'iproute2',
  ssh: 'openssh-client',
  scp: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  tar: 'tar',
}

/** Throws `failed` unless this is root on Linux with every program that a lab needs. */
export function checkRequirements(): void {
  if (process.platform !== 'linux') fail('failed', `a lab needs Linux, this is ${process.platform}`)
  if (process.getuid?.() !== 0)
    fail('failed', 'a lab needs root: it makes network interfaces, mounts and whole hosts', {
      hint: 'Run the same command as root.',
    })
  const missing = missingPackages(isInstalled)
  if (missing.length > 0)
    fail('failed', `programs are missing here: ${missing.flatMap((item) => item.programs).join(', ')}`, {
      hint: `Install them: apt-get install ${missing.map((item) => item.package).join(' ')}`,
    })
}

/** The packages to install, each with the programs that are missing without it. */
export function missingPackages(installed: (program: string) => boolean): { package: string; programs: string[] }[] {
  const missing = new Map<string, string[]>()
  for (const [program, name] of Object.entries(programs))
    if (!installed(program)) missing.set(name, [...(missing.get(name) ?? []), program])
  return [...missing].map(([name, list]) => ({ package: name, programs: list }))
}

function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
