import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '../../lib/errors.ts'
import { run } from '../../lib/exec.ts'
import { writeAtomic } from '../../lib/files.ts'
import { temporaryFolder } from '../../lib/temporary.ts'
import type { Channel } from './transport.ts'

export interface SshSettings {
  node: string
  address: string
  user: string
  port: number
  /** Absolute path of a private key file; without it ssh's own configuration decides. */
  key?: string
  /**
   * The fingerprint that the node's key must have (`SHA256:...`), from hosts.yaml; `known`: ssh's own known_hosts decides;
   * `new`: accepted whatever it is, unless known_hosts holds another.
   */
  hostKey: string
}

/**
 * ssh asks this for host keys (KnownHostsCommand), with the fingerprint that is expected and the key that the host offers.
 * What was offered is kept, so that survey can record it and an error can show it.
 */
const hostKeyScript = `#!/bin/sh
[ "$3" != NONE ] && [ -n "$3" ] || exit 0
printf '%s' "$3" > "$1.offered"
[ "$2" != "$3" ] || printf '%s %s %s\\n' "$4" "$5" "$6"
`

/** A channel by the ssh program: one connection for all scripts, kept open by a master that ends 30 s after the last one. */
export async function openSsh(settings: SshSettings): Promise<Channel> {
  let options: string[] = []
  const folder = await temporaryFolder(async (path) => {
    options = sshOptions(settings, path)
    await writeAtomic(join(path, 'hostkey'), hostKeyScript, 0o700)
  })
  const target = `${settings.user}@${settings.address}`
  const tellMaster = async (word: 'stop' | 'exit') => {
    await run(['ssh', ...options, '-O', word, '--', target], { accept: [255], timeout: 5000 }).catch(() => undefined)
  }
  const offered = () => readFile(join(folder, 'hostkey.offered'), 'utf8').catch(() => '')
  return {
    command: (line) => ['ssh', ...options, '-T', '--', target, line],
    // Without it the survey would record a node that anyone can stand in for.
    hostKey: async () =>
      (await offered()) ||
      fail('failed', 'the host key that it showed could not be kept', {
        where: folder,
        hint: 'Free some space there, then run again.',
      }),
    unreachable: async ({ code, stderr }) => (code === 255 ? explain(settings, stderr, await offered()) : undefined),
    renew: () => tellMaster('stop'),
    close: async () => {
      await tellMaster('exit')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/**
 * What the ssh program is told. A dead node is noticed after 5 s at connecting, after 9 s in the middle of a script.
 * Throws `usage` for a path that ssh cannot be told.
 */
export function sshOptions(settings: SshSettings, folder: string): string[] {
  const { hostKey } = settings
  const surveyed = hostKey.startsWith('SHA256:')
  const script = quoted(`${folder}/hostkey`)
  const command = `/bin/sh ${script} ${script} ${hostKey} %f %H %t %K`
  const options = [
    'BatchMode=yes',
    `StrictHostKeyChecking=${hostKey === 'new' ? 'accept-new' : 'yes'}`,
    'CheckHostIP=no',
    'FingerprintHash=sha256',
    `KnownHostsCommand=${command}`,
    // The survey is the record of who a node is: an older known_hosts neither helps nor hinders.
    ...(surveyed ? ['UserKnownHostsFile=/dev/null', 'GlobalKnownHostsFile=/dev/null'] : []),
    ...(hostKey === 'new' ? [`UserKnownHostsFile=${quoted(`${folder}/known_hosts`)} ~/.ssh/known_hosts`] : []),
    'UpdateHostKeys=no',
    'ConnectTimeout=5',
    'ServerAliveInterval=3',
    'ServerAliveCountMax=3',
    'ControlMaster=auto',
    `ControlPath=${quoted(socketIn(folder))}`,
    'ControlPersist=30',
    'ForwardAgent=no',
    'ForwardX11=no',
    'LogLevel=ERROR',
    `Port=${settings.port}`,
    ...(settings.key ? [`IdentityFile=${quoted(settings.key)}`, 'IdentitiesOnly=yes'] : []),
  ]
  return options.flatMap((option) => ['-o', option])
}

/** The master's socket. ssh binds it under a name that is 17 bytes longer, and the kernel takes 107 (unix(7)). */
function socketIn(folder: string): string {
  const socket = join(folder, 'socket')
  if (Buffer.byteLength(socket) > 107 - 17)
    fail('usage', 'is too long for the path of a socket', { where: socket, hint: 'Set TMPDIR to a shorter path.' })
  return socket
}

/**
 * A path as ssh's configuration takes one: with spaces, quotes and `%`, which begins a token (ssh_config(5)). Throws `usage` for
 * the one thing that cannot be quoted.
 */
function quoted(path: string): string {
  if (path.includes('${'))
    fail('usage', 'holds ${, which ssh takes for a variable', {
      where: path,
      hint: 'Move the workspace or the key, or set TMPDIR, to a path without it.',
    })
  return `"${path.replaceAll('%', '%%').replace(/["\\]/g, '\\$&')}"`
}

/** Why ssh itself failed, in words that say what to compare, and what to do. */
export function explain(settings: SshSettings, stderr: string, offered: string): { problem: string; hint: string } {
  const { address, hostKey } = settings
  const last = stderr.trim().split('\n').at(-1) ?? ''
  const shows = `shows the host key ${offered || '(none)'}`
  if (!/host key verification failed|identification has changed/i.test(stderr))
    return {
      problem: `cannot be reached at ${address}: ${last || 'the connection was closed'}`,
      hint: 'Check that it is up, and spec.ssh and its address in redoubt.yaml; then run again.',
    }
  if (hostKey.startsWith('SHA256:'))
    return {
      problem: `${shows}, hosts.yaml has ${hostKey}: this is not the host that was surveyed`,
      hint: 'If you replaced the host, take its entry out of hosts.yaml and run `redoubt survey` again.',
    }
  return {
    problem: `${shows}, which ssh does not know`,
    hint: 'Compare it with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the host, then run `redoubt survey --accept-host-keys`.',
  }
}
