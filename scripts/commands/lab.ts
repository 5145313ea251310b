import type { Command } from '../command.ts'

/** Isolated hosts on this machine. */
export const labCommands: Command[] = []
