import { bundleFile, type Command, publicKey } from '../command.ts'

/** The whole inside road in one command. */
export const upCommand: Command = {
  name: 'up',
  summary: 'inside the gap: bundle verify, pki init, survey, render, apply, verify',
  examples: ['redoubt up', 'redoubt up --bundle /media/usb/lab-0.1.0.tar'],
  options: { bundle: bundleFile, key: publicKey },
  run: async (context, _, options) => (await import('../stages/up.ts')).up(context, options),
}
