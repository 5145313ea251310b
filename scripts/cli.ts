import { parseArgs } from 'node:util'
import { fail, messageOf } from '../lib/errors.ts'
import { nearest } from '../lib/nearest.ts'
import type { Format, OutputOptions } from '../lib/output.ts'
import type { Command, Option, OptionValues } from './command.ts'

/** Options that every command takes. */
export const globalOptions: Record<string, Option & { short?: string }> = {
  workspace: {
    type: 'string',
    short: 'w',
    value: 'FOLDER',
    describe: 'the cluster’s folder (default: REDOUBT_WORKSPACE or .)',
  },
  output: { type: 'string', short: 'o', value: 'FORMAT', describe: 'table (default) or json, to stdout' },
  quiet: { type: 'boolean', short: 'q', describe: 'say nothing but results, warnings and errors' },
  verbose: { type: 'boolean', short: 'v', describe: 'say more' },
  debug: { type: 'boolean', describe: 'as --verbose, and stacks with errors' },
  'no-color': { type: 'boolean', describe: 'plain text (also: NO_COLOR, TERM=dumb, not a terminal)' },
  help: { type: 'boolean', short: 'h', describe: 'show help' },
}

export interface CommandLine {
  command: Command | undefined
  /** Words given that only begin commands: `bundle` of `bundle build`. */
  prefix: string
  positionals: string[]
  options: OptionValues
  help: boolean
  global: OutputOptions & { workspace: string; debug: boolean }
}

/** Other ways to ask that people try first. */
const habits: Record<string, (rest: string[]) => string[]> = {
  help: (rest) => [...rest, '--help'],
  '--version': (rest) => ['version', ...rest],
}

/** Reads the command line. Throws `usage` for an unknown command or option, with the nearest that exists. */
export function parseCommandLine(given: string[], commands: readonly Command[]): CommandLine {
  const argv = habits[given[0] ?? '']?.(given.slice(1)) ?? given
  const words = argv.filter((word) => !word.startsWith('-'))
  const command = findCommand(argv, commands)
  const options = { ...globalOptions, ...command?.options }
  let parsed: { values: OptionValues; positionals: string[] }
  try {
    parsed = parseArgs({ args: argv, options, allowPositionals: true, strict: true })
  } catch (error) {
    const what = messageOf(error).split('. ')[0] ?? ''
    const near = nearest(/^Unknown option '--(.+)'$/.exec(what)?.[1] ?? '', Object.keys(options))
    return fail('usage', what, {
      hint: `${near ? `Did you mean --${near}? ` : ''}See \`redoubt ${command ? `${command.name} ` : ''}--help\`.`,
    })
  }
  const { values } = parsed
  const positionals = parsed.positionals.slice(command ? command.name.split(' ').length : 0)
  const help = values.help === true
  const prefix = isPrefix(parsed.positionals.join(' '), commands) ? parsed.positionals.join(' ') : ''
  if (!command && words.length > 0 && !prefix) {
    const unknown = parsed.positionals.join(' ')
    fail('usage', `unknown command: ${unknown}`, { hint: suggestion(unknown, commands) })
  }
  if (command && !help) checkCount(command, positionals)
  return { command, prefix, positionals, options: values, help, global: readGlobal(values, command?.formats ?? []) }
}

/** The command whose words come first, options and their values aside: in `init --name verify` that is init. */
function findCommand(argv: string[], commands: readonly Command[]): Command | undefined {
  const options = Object.assign({}, ...commands.map((command) => command.options), globalOptions)
  const words = parseArgs({ args: argv, options, allowPositionals: true, strict: false }).positionals
  const matches = commands.filter((command) => command.name.split(' ').every((word, index) => words[index] === word))
  return matches.sort((a, b) => b.name.length - a.name.length)[0]
}

function isPrefix(words: string, commands: readonly Command[]): boolean {
  return words !== '' && commands.some((command) => command.name.startsWith(`${words} `))
}

function checkCount(command: Command, positionals: string[]): void {
  const [least, most] = command.positionals ?? [0, 0]
  const hint = `Usage: redoubt ${command.name}${command.args ? ` ${command.args}` : ''}`
  if (positionals.length < least) fail('usage', `${command.name} needs ${command.args}`, { hint })
  if (positionals.length > most) fail('usage', `${command.name}: unexpected ${positionals[most]}`, { hint })
}

function readGlobal(values: OptionValues, further: readonly Format[]): CommandLine['global'] {
  const formats: readonly string[] = ['table', 'json', ...further]
  const format = (values.output ?? 'table') as Format
  if (!formats.includes(format))
    fail('usage', `unknown output format: ${format}`, { hint: `Use -o ${formats.join(' or -o ')}.` })
  const plain = process.env.NO_COLOR || process.env.TERM === 'dumb' || values['no-color'] || !process.stderr.isTTY
  if (values.workspace === '')
    fail('usage', '--workspace names no folder', { hint: 'Leave it out for the current one.' })
  const debug = values.debug === true
  return {
    format,
    quiet: values.quiet === true,
    verbose: values.verbose === true || debug,
    debug,
    color: !plain,
    workspace: String(values.workspace ?? process.env.REDOUBT_WORKSPACE ?? '.'),
  }
}

function suggestion(given: string, commands: readonly Command[]): string {
  const near = nearest(
    given,
    commands.map((command) => command.name),
  )
  return near ? `Did you mean \`redoubt ${near}\`?` : 'See `redoubt --help`.'
}
