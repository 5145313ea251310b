import type { Command } from '../command.ts'

/** What happens to nodes: survey, render, apply. */
export const clusterCommands: Command[] = []
