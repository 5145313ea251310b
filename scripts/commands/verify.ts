import type { Command } from '../command.ts'

/** Proof: what the controls are, and whether the running cluster holds them. */
export const verifyCommands: Command[] = [
  {
    name: 'verify',
    summary: 'attack the running cluster and show which controls hold: evidence/',
    examples: ['redoubt verify', 'redoubt verify --only audit-log', 'redoubt verify -o json'],
    options: {
      only: {
        type: 'string',
        value: 'CONTROL|PROBE',
        multiple: true,
        describe: 'run the probes of this control, or this probe (may be repeated)',
      },
    },
    run: async (context, args, options) => (await import('../stages/verify.ts')).verify(context, args, options),
  },
  {
    name: 'controls',
    summary: 'list the controls with their references, and the probes that prove each',
    args: '[CONTROL]',
    positionals: [0, 1],
    examples: ['redoubt controls', 'redoubt controls audit-log', 'redoubt controls -o json'],
    options: {},
    run: async (context, args) => (await import('../stages/controls.ts')).showControls(context, args),
  },
]
