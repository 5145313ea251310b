import type { Command } from '../command.ts'

/** Proof: verify. */
export const verifyCommands: Command[] = []
