import type { Command } from './command.ts'
import { bundleCommands } from './commands/bundle.ts'
import { bundleInsideCommands } from './commands/bundle-inside.ts'
import { bundlePartCommands } from './commands/bundle-parts.ts'
import { clusterCommands } from './commands/cluster.ts'
import { evidenceCommands } from './commands/evidence.ts'
import { initCommand } from './commands/init.ts'
import { labCommands } from './commands/lab.ts'
import { pkiCommands } from './commands/pki.ts'
import { upCommand } from './commands/up.ts'
import { verifyCommands } from './commands/verify.ts'

const versionCommand: Command = {
  name: 'version',
  summary: 'print the version of this program',
  examples: ['redoubt version', 'redoubt version -o json'],
  options: {},
  run: async (context) => (await import('./stages/version.ts')).version(context),
}

/** Every command, in the order of the road. Each stage is loaded only when it runs, so that `version` answers at once. */
export const commands: Command[] = [
  initCommand,
  ...bundleCommands,
  ...bundleInsideCommands,
  ...bundlePartCommands,
  ...pkiCommands,
  ...clusterCommands,
  ...verifyCommands,
  ...evidenceCommands,
  upCommand,
  ...labCommands,
  versionCommand,
]
