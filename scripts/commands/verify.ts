import type { Command } from '../command.ts'

/** Proof: what the controls are, and whether the running cluster holds them. */
export const verifyCommands: Command[] = [
  {
    name: 'verify',
    summary: 'attack the running cluster and show which controls hold: evidence/',
    examples: [
      'redoubt verify',
      'redoubt verify --only audit-log',
      'redoubt verify -o json',
      'redoubt verify --watch 300 --keep 500',
    ],
    options: {
      only: {
        type: 'string',
        value: 'CONTROL|PROBE',
        multiple: true,
        describe: 'run the probes of this control, or this probe (may be repeated)',
      },
      watch: {
        type: 'string',
        value: 'SECONDS',
        describe: 'run again and again, so long from begin to begin; one line each',
      },
      keep: { type: 'string', value: 'N', describe: 'keep the N newest runs in evidence/ (default: all)' },
    },
    run: async (context, args, options) => (await import('../stages/verify.ts')).verify(context, args, options),
  },
  {
    name: 'controls',
    summary: 'the controls, the items of the benchmarks and how each is answered, and the probes that prove it',
    args: '[CONTROL|ITEM]',
    positionals: [0, 12],
    examples: [
      'redoubt controls',
      'redoubt controls audit-log',
      'redoubt controls CIS 1.2.1',
      'redoubt controls --benchmark stig -o markdown',
      'redoubt controls --why-not CKV_K8S_88',
    ],
    options: {
      benchmark: {
        type: 'string',
        value: 'cis|stig|nsa|claims',
        describe: 'every item of this table with its answer',
      },
      'why-not': {
        type: 'string',
        value: 'ITEM',
        describe: 'why what a flag scanner reports of this item is no finding, and the live proof',
      },
    },
    formats: ['markdown'],
    run: async (context, args, options) => (await import('../stages/controls.ts')).showControls(context, args, options),
  },
]
