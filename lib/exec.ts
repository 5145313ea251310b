import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { $ } from 'zx/core'
import { errnoOf, fail, messageOf, RedoubtError } from './errors.ts'
import { redact } from './redact.ts'

export interface RunOptions {
  cwd?: string
  /** Added to this process's environment. */
  env?: Record<string, string>
  /** Sent to standard input, which is closed otherwise. */
  input?: string | Uint8Array
  signal?: AbortSignal
  /** Milliseconds until the program is ended and `failed` is thrown. */
  timeout?: number
  /** Exit codes that are answers rather than failures; 0 always is. */
  accept?: readonly number[]
  /** What to do when it fails or is not installed. */
  hint?: string
}

export interface RunResult {
  stdout: string
  stderr: string
  code: number
}

/**
 * Runs a program with arguments (never a shell line) and collects its text output: for small outputs only.
 * Throws `failed` with the last lines of its stderr, redacted; `interrupted` when `signal` fired.
 */
export async function run(command: readonly [string, ...string[]], options: RunOptions = {}): Promise<RunResult> {
  const shell = $({
    quiet: true,
    nothrow: true,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    ...(options.cwd ? { cwd: options.cwd } : {}),
    ...(options.input === undefined ? {} : { input: Buffer.from(options.input) }),
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.timeout ? { timeout: options.timeout } : {}),
  })
  const output = await shell`${command}`
  throwIfAborted(options.signal)
  const result = { stdout: output.stdout, stderr: output.stderr, code: output.exitCode ?? 1 }
  if (result.code === 0 || options.accept?.includes(result.code)) return result
  return fail('failed', failureText(command[0], result.code, result.stderr, output.signal), hintOf(options))
}

export interface StreamOptions extends Omit<RunOptions, 'input'> {
  /** Bytes for standard input. */
  stdin?: Readable
  /** Called with each chunk of standard output; the program waits while it has not resolved. */
  onStdout?: (chunk: Buffer) => void | Promise<void>
  /** Called with each line of standard error as it comes, for progress. */
  onStderr?: (line: string) => void
}

/**
 * Runs a program and streams bytes through it in bounded memory; resolves with its exit code and the tail of its stderr.
 * Throws as run() does.
 */
export async function stream(command: readonly [string, ...string[]], options: StreamOptions = {}): Promise<RunResult> {
  const [program, ...args] = command
  const child = spawn(program, args, {
    stdio: [options.stdin ? 'pipe' : 'ignore', options.onStdout ? 'pipe' : 'ignore', 'pipe'],
    env: { ...process.env, ...options.env },
    ...(options.cwd ? { cwd: options.cwd } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.timeout ? { timeout: options.timeout } : {}),
  })
  let stderr = ''
  let line = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-8192)
    const lines = (line + text).split('\n')
    line = (lines.pop() ?? '').slice(-8192)
    if (options.onStderr) lines.forEach(options.onStderr)
  })
  const exit = new Promise<{ code: number; signal: string | null }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code: code ?? 1, signal }))
  })
  const work: Promise<unknown>[] = [exit]
  // A program that ends early closes its stdin: its own exit code tells more than our EPIPE.
  if (options.stdin && child.stdin) work.push(pipeline(options.stdin, child.stdin).catch(ignoreClosedPipe))
  if (options.onStdout && child.stdout) work.push(drain(child.stdout, options.onStdout))
  try {
    await Promise.all(work)
  } catch (error) {
    child.kill()
    throwIfAborted(options.signal)
    if (errnoOf(error) === 'ENOENT')
      fail('failed', `${program} is not installed here`, { cause: error, ...hintOf(options) })
    throw error
  }
  throwIfAborted(options.signal)
  const { code, signal } = await exit
  if (code === 0 || options.accept?.includes(code)) return { stdout: '', stderr, code }
  return fail('failed', failureText(program, code, stderr, signal), hintOf(options))
}

/** Throws `interrupted` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interrupted()
}

/** The one error for work that was given up because somebody asked for it. */
export function interrupted(cause?: unknown): RedoubtError {
  return new RedoubtError('interrupted', 'interrupted', {
    hint: 'Run the same command again: it goes on from here.',
    cause,
  })
}

async function drain(source: Readable, sink: NonNullable<StreamOptions['onStdout']>): Promise<void> {
  for await (const chunk of source) await sink(chunk as Buffer)
}

/** How a write to a program that has ended fails. */
const closedPipe = ['EPIPE', 'ECANCELED', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED']

function ignoreClosedPipe(error: unknown): void {
  if (!closedPipe.includes(errnoOf(error) ?? '')) throw error
}

function hintOf(options: { hint?: string }): { hint?: string } {
  return options.hint ? { hint: options.hint } : {}
}

function failureText(program: string, code: number, stderr: string, signal: string | null): string {
  const tail = redact(stderr).trim().split('\n').slice(-6).join('\n  ')
  const how = signal
    ? `was ended by ${signal}`
    : code === 127
      ? 'is not installed here'
      : `failed with exit code ${code}`
  // The shell says of it what we say.
  return tail && !/: command not found$/.test(tail) ? `${program} ${how}:\n  ${tail}` : `${program} ${how}`
}

/** For error texts: what went wrong in `error`, redacted. */
export function safeMessage(error: unknown): string {
  return redact(messageOf(error))
}
