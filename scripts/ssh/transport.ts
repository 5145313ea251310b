import { networkInterfaces } from 'node:os'
import { Readable } from 'node:stream'
import { fail, messageOf, RedoubtError } from '../../lib/errors.ts'
import { type RunResult, stream } from '../../lib/exec.ts'
import { loaderCommand } from './quote.ts'
import { openSsh, type SshSettings } from './ssh.ts'

export interface ScriptOptions {
  /** `$1`, `$2`, ... of the script. Never a secret: they show in the node's process list. */
  args?: readonly string[]
  /** The script's standard input. */
  stdin?: Readable | string | Buffer
  /** Milliseconds; by default 60 s. */
  timeout?: number
  /** Exit codes below 255 that are answers rather than failures. */
  accept?: readonly number[]
  /** Hears standard output as it comes. */
  onOutput?: (text: string) => void
  /** Most bytes of output that are taken; by default 4 MiB. More is refused. */
  limit?: number
  signal?: AbortSignal
}

export interface ScriptResult {
  stdout: string
  stderr: string
  code: number
}

/** A root shell on a node, by ssh or on this machine. */
export interface NodeShell {
  name: string
  /** SHA256 fingerprint of the host key that ssh saw at the first script; empty for local. Throws `failed` when it is not known. */
  hostKey(): Promise<string>
  /** Runs a sh script with umask 077. Throws `failed` naming the node. */
  run(script: string, options?: ScriptOptions): Promise<ScriptResult>
  /** The next script logs in anew. */
  renew(): Promise<void>
  close(): Promise<void>
}

/** How a command line gets to a node; `unreachable` turns a failure of the way (not of the script) into what to tell. */
export interface Channel {
  command(line: string): [string, ...string[]]
  unreachable(result: RunResult): Promise<{ problem: string; hint: string } | undefined>
  hostKey(): Promise<string>
  renew(): Promise<void>
  close(): Promise<void>
}

/** A shell on the node: local when its address is one of this machine's own, else by ssh. Nothing is sent yet. */
export async function openNode(settings: SshSettings): Promise<NodeShell> {
  return createShell(settings.node, isLocal(settings.address) ? localChannel : await openSsh(settings))
}

/** A shell over a channel. */
export function createShell(name: string, channel: Channel): NodeShell {
  return {
    name,
    hostKey: () => channel.hostKey(),
    run: (script, options = {}) => runScript(name, channel, script, options),
    renew: () => channel.renew(),
    close: () => channel.close(),
  }
}

/** This machine as a node: for a cluster whose operator works on a node itself, and for tests. */
export const localChannel: Channel = {
  command: (line) => ['sh', '-c', line],
  unreachable: async () => undefined,
  hostKey: async () => '',
  renew: async () => undefined,
  close: async () => undefined,
}

function isLocal(address: string): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.address === address))
}

async function runScript(name: string, channel: Channel, script: string, options: ScriptOptions) {
  const { timeout = 60_000, limit = 4 << 20 } = options
  const [program, ...words] = channel.command(loaderCommand(Buffer.byteLength(script), options.args ?? []))
  const chunks: Buffer[] = []
  let size = 0
  const started = Date.now()
  // Exit codes are judged here, where 255 can be told apart as the way's own failure.
  const everything = Array.from({ length: 256 }, (_, code) => code)
  let result: RunResult
  try {
    result = await stream([program, ...words], {
      stdin: Readable.from(withScript(script, options.stdin)),
      accept: everything,
      timeout,
      ...(options.signal ? { signal: options.signal } : {}),
      onStdout: (chunk) => {
        size += chunk.length
        if (size > limit) fail('failed', `answered with more than ${limit} bytes`, { where: `node ${name}` })
        chunks.push(chunk)
        options.onOutput?.(chunk.toString('utf8'))
      },
    })
  } catch (error) {
    if (error instanceof RedoubtError) throw error
    return fail('failed', messageOf(error), { where: `node ${name}`, cause: error })
  }
  const stdout = Buffer.concat(chunks).toString('utf8')
  if (result.code === 0 || options.accept?.includes(result.code)) return { ...result, stdout }
  if (Date.now() - started >= timeout)
    fail('failed', `did not answer within ${timeout / 1000} s`, {
      where: `node ${name}`,
      hint: 'Look at the load and the disk of this node, then run again.',
    })
  const unreachable = await channel.unreachable(result)
  if (unreachable) fail('failed', unreachable.problem, { where: `node ${name}`, hint: unreachable.hint })
  const tail = result.stderr.trim().split('\n').slice(-6).join('\n  ')
  return fail('failed', tail || `a script ended with exit code ${result.code}`, { where: `node ${name}` })
}

async function* withScript(script: string, stdin: ScriptOptions['stdin']): AsyncGenerator<Buffer> {
  yield Buffer.from(script)
  if (typeof stdin === 'string') yield Buffer.from(stdin)
  else if (Buffer.isBuffer(stdin)) yield stdin
  else if (stdin) for await (const chunk of stdin) yield chunk as Buffer
}
