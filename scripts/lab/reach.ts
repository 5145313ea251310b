import { type RunOptions, type RunResult, run } from '../../lib/exec.ts'
import { shellQuote } from '../ssh/quote.ts'
import { labPlaces } from './places.ts'
import { findHost } from './table.ts'

/**
 * The ssh command that reaches a host of the lab as root; add `--` and a command, or nothing for a shell. It trusts only the host keys
 * kept when the hosts were made, and uses only the lab's key. Throws `usage`.
 */
export function nodeShell(name: string): [string, ...string[]] {
  const { keys } = labPlaces()
  return [
    'ssh',
    ...['-F', 'none', '-i', keys.lab],
    ...['IdentitiesOnly=yes', 'StrictHostKeyChecking=yes', 'BatchMode=yes', 'ConnectTimeout=10', 'LogLevel=ERROR']
      .concat(`UserKnownHostsFile=${keys.knownHosts}`, 'GlobalKnownHostsFile=none')
      .flatMap((option) => ['-o', option]),
    `root@${findHost(name).address}`,
  ]
}

/**
 * Runs a bash script in a host; it ends at its first error. For small outputs only. `input` is what it reads on standard input. Throws as
 * run() does.
 */
export async function labRun(name: string, script: string, options: RunOptions = {}): Promise<RunResult> {
  return await run([...nodeShell(name), '--', `bash -euo pipefail -c ${shellQuote(script)}`], options)
}
