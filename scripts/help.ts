import { globalOptions } from './cli.ts'
import type { Command, Option } from './command.ts'

/** The road in eight lines: what to try first. */
const road = [
  'redoubt -w site init --node cp1=control-plane@192.0.2.11 --node w1=worker@192.0.2.12',
  'redoubt -w site bundle keygen',
  'redoubt -w site bundle build',
  'redoubt up                     inside the gap, beside the bundle and its key: the whole road',
  'redoubt verify                 attack the cluster again',
  'redoubt apply --dry-run        what a changed redoubt.yaml, once rendered, would do',
  'redoubt controls CIS 1.2.1     how an item is answered, and what proves it',
  'redoubt help apply             one command, with examples',
]

/** Help for everything, or for the commands that begin with `prefix`. */
export function overview(commands: readonly Command[], prefix = ''): string {
  const shown = commands.filter((command) => prefix === '' || command.name.startsWith(`${prefix} `))
  const width = Math.max(...shown.map((command) => command.name.length))
  return [
    'redoubt carries a hardened Kubernetes across an air gap.',
    '',
    'Examples:',
    ...(prefix === '' ? road : shown.map((command) => command.examples[0] ?? '')).map((example) => `  ${example}`),
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
