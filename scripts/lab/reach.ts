import { type RunOptions, type RunResult, run } from '../../lib/exec.ts'
import { labPlaces } from './places.ts'
import { findHost } from './table.ts'

/** ssh options that trust only the host keys kept when the hosts were made, and use only the lab's key. */
function sshOptions(): string[] {
  const { keys } = labPlaces()
  return [
    ...['-F', 'none', '-i', keys.lab],
    ...['IdentitiesOnly=yes', 'StrictHostKeyChecking=yes', 'BatchMode=yes', 'ConnectTimeout=10', 'LogLevel=ERROR']
      .concat(`UserKnownHostsFile=${keys.knownHosts}`, 'GlobalKnownHostsFile=none')
      .flatMap((option) => ['-o', option]),
  ]
}

/** The ssh command that reaches a host of the lab as root; add `--` and a command, or nothing for a shell. Throws `usage`. */
export function nodeShell(name: string): [string, ...string[]] {
  return ['ssh', ...sshOptions(), `root@${findHost(name).address}`]
}

/**
 * Runs a bash script in a host; it ends at its first error. For small outputs only. `input` is what it reads on standard input. Throws as
 * run() does.
 */
export async function labRun(name: string, script: string, options: RunOptions = {}): Promise<RunResult> {
  return await run([...nodeShell(name), '--', `bash -euo pipefail -c ${quote(script)}`], options)
}

/** One word for a shell, whatever it holds. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** Copies a file or folder of this machine into a host; `to` as scp takes it. Throws as run() does. */
export async function labCopy(name: string, from: string, to: string, options: RunOptions = {}): Promise<void> {
  await run(['scp', '-q', '-r', '-p', ...sshOptions(), from, `root@${findHost(name).address}:${to}`], options)
}
