// Starts a program in a node's root folder and waits until it is ready, or until it ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { messageOf } from '../../../lib/errors.ts'

export interface Started {
  child: ChildProcess
  /** What it wrote so far. */
  text(): string
  /** Resolves when it has ended, with its exit code; null when a signal ended it. */
  ended: Promise<number | null>
}

/** Starts `command` with `root` as its root folder. */
export function start(root: string, command: readonly string[]): Started {
  const child = spawn('/usr/sbin/chroot', [root, ...command], { env: { PATH: '/usr/local/bin:/usr/bin:/bin' } })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (text += data))
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  return { child, text: () => text, ended }
}

/**
 * Waits until `lacking` says undefined, asking every half second. Throws with what it lacks and its last words when the program ends
 * before, or `seconds` have passed.
 */
export async function untilReady(
  started: Started,
  lacking: () => Promise<string | undefined>,
  seconds: number,
): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  let over: string | undefined
  started.ended.then(
    (code) => (over = `ended with ${code}`),
    (error) => (over = messageOf(error)),
  )
  for (;;) {
    const lacks = await lacking().catch(messageOf)
    if (lacks === undefined) return
    const late = performance.now() > deadline ? `after ${seconds} s` : undefined
    if (over ?? late) throw new Error(`${over ?? late}: ${lacks}\n${started.text().slice(-1500)}`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/** Waits until it has written what `says` matches. Throws with its last words when it ends without, or not within `seconds`. */
export function untilSays(started: Started, says: RegExp, seconds: number): Promise<void> {
  return untilReady(started, async () => (says.test(started.text()) ? undefined : `it does not say ${says}`), seconds)
}

/** Ends it and waits for that. */
export async function stop(started: Started): Promise<void> {
  started.child.kill('SIGKILL')
  await started.ended
}
