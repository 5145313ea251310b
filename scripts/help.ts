import { globalOptions } from './cli.ts'
import type { Command, Option } from './command.ts'

/** Help for everything, or for the commands that begin with `prefix`. */
export function overview(commands: readonly Command[], prefix = ''): string {
  const shown = commands.filter((command) => prefix === '' || command.name.startsWith(`${prefix} `))
  const width = Math.max(...shown.map((command) => command.name.length))
  return [
    'redoubt carries a hardened Kubernetes across an air gap.',
    '',
    'Examples:',
    ...shown.slice(0, 6).map((command) => `  ${command.examples[0] ?? ''}`),
    '',
    'Commands, in the order of the road:',
    ...shown.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    'Options of every command:',
    ...optionLines(globalOptions),
    '',
    'Exit codes: 0 ok, 1 failed, 2 usage or configuration, 3 verification failed or drift, 4 integrity or signature,',
    '70 internal, 130 interrupted.',
  ].join('\n')
}

/** Help for one command: examples first. */
export function commandHelp(command: Command): string {
  return [
    `redoubt ${command.name}: ${command.summary}`,
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
    '',
    `Usage: redoubt ${command.name}${command.args ? ` ${command.args}` : ''} [options]`,
    ...(Object.keys(command.options).length > 0 ? ['', 'Options:', ...optionLines(command.options)] : []),
    '',
    'Options of every command:',
    ...optionLines(globalOptions),
    ...(command.formats ? ['', `Further formats of -o: ${command.formats.join(', ')}`] : []),
  ].join('\n')
}

function optionLines(options: Record<string, Option & { short?: string }>): string[] {
  const names = Object.entries(options).map(([name, option]) => {
    const short = option.short ? `-${option.short}, ` : '    '
    return { left: `${short}--${name}${option.value ? ` ${option.value}` : ''}`, describe: option.describe }
  })
  const width = Math.max(...names.map((name) => name.left.length))
  return names.map((name) => `  ${name.left.padEnd(width)}  ${name.describe}`)
}
