import { randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { Readable } from 'node:stream'
import { fail } from '../../../lib/errors.ts'
import type { NodeShell } from '../../ssh/transport.ts'
import { nodePlaces } from './places.ts'

/** Seconds between two signs of life of who holds a lock, and after which a silent one is gone. */
const beat = 5
const stale = 30

/**
 * Holds the lock of a node for as long as its standard input goes on: a line every few seconds says that the holder lives. It is let
 * go when the input ends, so also when the operator's program is killed; when the connection is cut it grows old instead. The
 * first line of output says what became of it.
 */
const lockScript = `
lock=$1 me=$2 stale=$3
take() { (set -C; printf '%s' "$me" > "$lock") 2>/dev/null; }
if ! take; then
  age=$(($(date +%s) - $(stat -c %Y -- "$lock" 2>/dev/null || echo 0)))
  if [ "$age" -lt "$stale" ]; then echo "held $age $(head -c 200 -- "$lock")"; exit 0; fi
  rm -f -- "$lock"
  take || { echo 'held 0 someone who was quicker'; exit 0; }
fi
echo locked
while read -r _; do
  [ "$(cat "$lock" 2>/dev/null)" = "$me" ] || exit 4
  touch -- "$lock"
done
[ "$(cat "$lock" 2>/dev/null)" != "$me" ] || rm -f -- "$lock"
`

/** Takes the lock of a node and resolves with how to let it go. Throws `failed` naming who holds it. */
export async function lockNode(shell: NodeShell, signal: AbortSignal): Promise<() => Promise<void>> {
  const me = `${userInfo().username}@${hostname()} (process ${process.pid}) ${randomBytes(4).toString('hex')}`
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  async function* beats(): AsyncGenerator<Buffer> {
    for (;;) {
      yield Buffer.from('\n')
      let timer: NodeJS.Timeout | undefined
      const pause = new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(true), beat * 1000)
      })
      const goOn = await Promise.race([pause, released.then(() => false)])
      clearTimeout(timer)
      if (!goOn) return
    }
  }
  let holding: Promise<unknown> | undefined
  const answer = await new Promise<string>((resolve, reject) => {
    holding = shell
      .run(lockScript, {
        args: [nodePlaces.lock, me, String(stale)],
        stdin: Readable.from(beats()),
        timeout: 24 * 3_600_000,
        accept: [4],
        onOutput: resolve,
      })
      .then(({ stdout }) => resolve(stdout), reject)
  })
  const letGo = async () => {
    release()
    await holding
  }
  if (answer.trim() === 'locked' && !signal.aborted) return letGo
  await letGo()
  const [, age = '0', who = 'someone'] = /^held (-?\d+) (.*)/.exec(answer) ?? []
  return fail('failed', `is being changed by ${who.replace(/ [0-9a-f]{8}$/, '')}, alive ${age} s ago`, {
    where: `node ${shell.name}`,
    hint: `Wait until it has ended. One that was cut off is taken over after ${stale} s.`,
  })
}
