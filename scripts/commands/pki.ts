import type { Command } from '../command.ts'

/** The certificates of a cluster. */
export const pkiCommands: Command[] = []
