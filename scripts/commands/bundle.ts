import type { Command } from '../command.ts'

/** The connected side: the bundle and its lock. */
export const bundleCommands: Command[] = []
