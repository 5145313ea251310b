import type { Command } from '../command.ts'

/** The whole inside road in one command. */
export const upCommand: Command = {
  name: 'up',
  summary: 'inside the gap: bundle verify, pki init, survey, render, apply, verify',
  examples: ['redoubt up', 'redoubt up --bundle /media/usb/lab-0.1.0.tar'],
  options: {
    bundle: { type: 'string', value: 'FILE', describe: 'the bundle (default: NAME-VERSION.tar in the workspace)' },
    key: {
      type: 'string',
      value: 'PUB',
      describe: 'public key of who made the bundle (default: bundle.pub in the workspace)',
    },
  },
  run: async (context, _, options) => (await import('../stages/up.ts')).up(context, options),
}
