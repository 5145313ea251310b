import { workspaceAt } from '../cluster/workspace.ts'
import { describeError, exitCodes, RedoubtError } from '../lib/errors.ts'
import { createEvents } from '../lib/events.ts'
import { interrupted } from '../lib/exec.ts'
import { createOutput, type Output, shown } from '../lib/output.ts'
import { parseCommandLine } from './cli.ts'
import { commands } from './commands.ts'
import { commandHelp, overview } from './help.ts'

// A promise that never settles would otherwise end the process with 0.
process.exitCode = exitCodes.internal

const interrupt = new AbortController()
// The first Ctrl-C asks the work to stop; the second does not wait for it.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => (interrupt.signal.aborted ? process.exit(exitCodes.interrupted) : interrupt.abort()))
// `redoubt ... | head` closes our stdout: that is no error, and the work goes on to its own exit code. A result that a full disk
// swallowed is one. Without stderr nobody listens: the work goes on all the same.
let unwritten: NodeJS.ErrnoException | undefined
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') unwritten = error
})
process.stderr.on('error', () => {})
process.on('exit', (code) => {
  if (!unwritten) return
  process.stderr.write(`error: the result could not be written: ${unwritten.message}\n`)
  if (code === 0) process.exitCode = exitCodes.failed
})

async function main(argv: string[]): Promise<number> {
  let out: Output | undefined
  let debug = argv.includes('--debug')
  try {
    const line = parseCommandLine(argv, commands)
    debug = line.global.debug
    const forProgram = line.command?.events && line.global.format === 'json'
    out = forProgram ? createEvents(line.global) : createOutput(line.global)
    if (!line.command || line.help) {
      out.data(line.command ? commandHelp(line.command) : overview(commands, line.prefix))
      if (line.command || line.help || argv.length === 0) return 0
      const given = ['redoubt', line.prefix].filter(Boolean).join(' ')
      out.error(`\`${given}\` alone is no command: name one of those above`)
      return exitCodes.usage
    }
    const context = {
      out,
      workspace: workspaceAt(line.global.workspace),
      signal: interrupt.signal,
      now: () => new Date(),
    }
    return await line.command.run(context, line.positionals, line.options)
  } catch (thrown) {
    const error = interrupt.signal.aborted ? interrupted(thrown) : thrown
    const text = shown(describeError(error, debug))
    if (out) out.error(text)
    else process.stderr.write(`error: ${text}\n`)
    return exitCodes[error instanceof RedoubtError ? error.code : 'internal']
  }
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code
})
