import type { Command } from '../command.ts'

/** What happens to nodes: survey, render, apply. */
export const clusterCommands: Command[] = [
  {
    name: 'survey',
    summary: 'ask the nodes for what rendering depends on: hosts.yaml',
    examples: ['redoubt survey', 'redoubt survey --accept-host-keys'],
    options: {
      'accept-host-keys': {
        type: 'boolean',
        describe: 'trust the ssh host keys of nodes that neither hosts.yaml nor known_hosts has',
      },
    },
    run: async (context, args, options) => (await import('../stages/survey.ts')).survey(context, args, options),
  },
  {
    name: 'render',
    summary: 'write every file of every node and every object of the cluster: rendered/',
    examples: ['redoubt render', 'redoubt render --off audit-log'],
    options: {
      off: {
        type: 'string',
        value: 'CONTROL',
        multiple: true,
        describe: 'leave a control out on purpose, to see that its probe fails (may be repeated)',
      },
      force: { type: 'boolean', describe: 'let arguments in redoubt.yaml win over baseline and controls' },
    },
    run: async (context, args, options) => (await import('../stages/render.ts')).render(context, args, options),
  },
]
