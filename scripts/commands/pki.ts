import { type Command, flag } from '../command.ts'

/** The certificates of a cluster. */
export const pkiCommands: Command[] = [
  {
    name: 'pki init',
    summary: 'make the keys and certificates that are missing in keys/',
    examples: ['redoubt pki init', 'redoubt pki init --dry-run'],
    options: { 'dry-run': { type: 'boolean', describe: 'print what would be issued, write nothing' } },
    run: async (context, _, options) =>
      (await import('../stages/pki/init.ts')).pkiInit(context, { dryRun: flag(options, 'dry-run') }),
  },
  {
    name: 'pki check',
    summary: 'judge keys/ with Node and with openssl',
    examples: ['redoubt pki check', 'redoubt pki check -o json'],
    options: {},
    run: async (context) => (await import('../stages/pki/check.ts')).pkiCheck(context),
  },
  {
    name: 'pki show',
    summary: 'list the certificates and the days they have left',
    args: '[ID | SHA256]',
    positionals: [0, 1],
    examples: [
      'redoubt pki show',
      'redoubt pki show apiserver/cp1',
      'redoubt pki show X509SHA256=9b0d7daf...',
      'redoubt pki show -o json',
    ],
    options: {},
    run: async (context, [id]) => (await import('../stages/pki/show.ts')).pkiShow(context, id),
  },
]
