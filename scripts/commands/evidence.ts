import { type Command, type Option, text } from '../command.ts'

const key: Option = {
  type: 'string',
  value: 'PUB',
  describe: 'public key of who verified (default: keys/evidence.pub in the workspace)',
}

/** What verify left: whether it is as it was signed, and what changed from run to run. */
export const evidenceCommands: Command[] = [
  {
    name: 'evidence verify',
    summary: 'check a run’s files against their signature',
    args: '[RUN]',
    positionals: [0, 1],
    examples: [
      'redoubt evidence verify',
      'redoubt evidence verify 20261121T111415Z',
      'redoubt evidence verify ./20261121T111415Z --key evidence.pub',
    ],
    options: { key },
    run: async (context, [run], options) =>
      (await import('../stages/evidence.ts')).evidenceVerify(context, run, { key: text(options, 'key') }),
  },
  {
    name: 'evidence list',
    summary: 'list the runs that are kept: what they found, and which are not as signed',
    examples: ['redoubt evidence list', 'redoubt evidence list -o json'],
    options: { key },
    run: async (context, _, options) =>
      (await import('../stages/evidence.ts')).evidenceList(context, { key: text(options, 'key') }),
  },
  {
    name: 'evidence diff',
    summary: 'show what changed between two runs; exit 3 when something got worse',
    args: 'RUN [RUN]',
    positionals: [1, 2],
    examples: [
      'redoubt evidence diff 20261121T111415Z',
      'redoubt evidence diff 20261120T110000Z 20261121T111415Z -o json',
    ],
    options: { key },
    run: async (context, runs, options) =>
      (await import('../stages/evidence.ts')).evidenceDiff(context, runs, { key: text(options, 'key') }),
  },
]
