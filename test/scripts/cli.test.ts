import * as assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { editDistance } from '../../lib/nearest.ts'
import { parseCommandLine } from '../../scripts/cli.ts'
import type { Command } from '../../scripts/command.ts'
import { commands } from '../../scripts/commands.ts'

const main = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'scripts', 'main.ts')

function redoubt(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, NO_COLOR: '1' }
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
  })
}

const fake = (name: string, extra: Partial<Command> = {}): Command => ({
  name,
  summary: '',
  examples: [`redoubt ${name}`],
  options: { force: { type: 'boolean', describe: '' } },
  run: async () => 0,
  ...extra,
})
const table = [fake('bundle build'), fake('bundle verify', { args: 'FILE', positionals: [1, 1] }), fake('render')]

test('words, options and global options in any order', () => {
  const line = parseCommandLine(['-w', 'here', 'bundle', 'verify', '--force', 'x.tar', '-q'], table)
  assert.equal(line.command?.name, 'bundle verify')
  assert.deepEqual(line.positionals, ['x.tar'])
  assert.equal(line.options.force, true)
  assert.equal(line.global.workspace, 'here')
  assert.equal(line.global.quiet, true)
})

const init = fake('init', { options: { name: { type: 'string', describe: '' } } })
const meant: [string[], string][] = [
  [['init', '--name', 'render'], 'init'],
  [['--name', 'render', 'init'], 'init'],
  [['-w', 'render', 'bundle', 'build'], 'bundle build'],
  [['--force', 'render'], 'render'],
]
for (const [argv, name] of meant)
  test(`an option's value is no command: ${argv.join(' ')}`, () => {
    assert.equal(parseCommandLine(argv, [...table, init]).command?.name, name)
  })

test('help and --version, as people type them', () => {
  const line = parseCommandLine(['help', 'bundle', 'verify'], table)
  assert.deepEqual([line.command?.name, line.help], ['bundle verify', true])
  assert.equal(parseCommandLine(['help'], table).help, true)
  assert.equal(parseCommandLine(['--version'], commands).command?.name, 'version')
})

const refused: { argv: string[]; message: RegExp }[] = [
  { argv: ['rendr'], message: /unknown command: rendr/ },
  { argv: ['bundle', 'verify'], message: /needs FILE/ },
  { argv: ['bundle', 'verify', 'a', 'b'], message: /unexpected b/ },
  { argv: ['render', '--froce'], message: /Unknown option '--froce'/ },
  { argv: ['render', '-o', 'xml'], message: /unknown output format: xml/ },
]
for (const { argv, message } of refused)
  test(`refused: ${argv.join(' ')}`, () => assert.throws(() => parseCommandLine(argv, table), message))

test('a command group alone shows its commands', () => {
  const line = parseCommandLine(['bundle'], table)
  assert.equal(line.command, undefined)
  assert.equal(line.prefix, 'bundle')
})

test('what resembles no command is not guessed at', () => {
  assert.throws(() => parseCommandLine(['foo'], commands), { hint: 'See `redoubt --help`.' })
  assert.throws(() => parseCommandLine(['bundle', 'build', '--dryrun'], commands), {
    hint: /^Did you mean --dry-run\?/,
  })
  assert.throws(() => parseCommandLine(['inti'], commands), { hint: 'Did you mean `redoubt init`?' })
})

test('edit distance', () => {
  assert.equal(editDistance('rendr', 'render'), 1)
  assert.equal(editDistance('', 'abc'), 3)
})

test('every command has an example that begins with its own name, and a summary in lower case', () => {
  for (const command of commands) {
    assert.ok(command.examples.length > 0, command.name)
    for (const example of command.examples)
      assert.match(example, new RegExp(`^redoubt (-w \\S+ )?${command.name}( |$)`))
    assert.match(command.summary, /^[a-z]/, command.name)
  }
  assert.equal(new Set(commands.map((command) => command.name)).size, commands.length)
})

test('the command line: help to stdout, errors to stderr, exit codes', async () => {
  const help = await redoubt('--help')
  assert.equal(help.code, 0)
  assert.match(help.stdout, /^redoubt carries a hardened Kubernetes/)
  assert.equal(help.stderr, '')
  const version = await redoubt('version', '-o', 'json')
  assert.equal(JSON.parse(version.stdout).kind, 'Version')
  const unknown = await redoubt('versoin')
  assert.equal(unknown.code, 2)
  assert.equal(unknown.stdout, '')
  assert.equal(unknown.stderr, 'error: unknown command: versoin\n  Did you mean `redoubt version`?\n')
})

test('a reader who leaves changes no exit code; a result that cannot be written is an error', async () => {
  const shell = (line: string): Promise<{ code: number; stderr: string }> =>
    new Promise((resolve) => {
      execFile('sh', ['-c', line, process.execPath, main], (error, _, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stderr }),
      )
    })
  const full = await shell('"$0" "$1" version > /dev/full')
  assert.equal(full.code, 1)
  assert.match(full.stderr, /^error: the result could not be written: ENOSPC[^\n]*\n$/)
  const unheard = await shell('"$0" "$1" versoin 2> /dev/full')
  assert.equal(unheard.code, 2)
  const left = await shell('{ "$0" "$1" bundle; echo "$?" >&2; } | true')
  assert.match(left.stderr, /^error: `redoubt bundle` alone is no command: [^\n]*\n2\n$/)
})

test('an empty workspace is refused: it is a variable that was not set', async () => {
  const { code, stderr } = await redoubt('render', '-w', '')
  assert.equal(code, 2)
  assert.match(stderr, /names no folder/)
})

test.run()
