import { createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { errnoOf } from '../../lib/errors.ts'
import { throwIfAborted } from '../../lib/exec.ts'

/**
 * Runs `work` while no other process of this machine changes a lab. The lock is a socket in Linux's abstract namespace: the kernel
 * lets it go when its holder ends, however it ends. `waiting` is called once when another holds it.
 */
export async function withLabLock<T>(signal: AbortSignal, waiting: () => void, work: () => Promise<T>): Promise<T> {
  let lock = await tryListen()
  if (!lock) waiting()
  while (!lock) {
    throwIfAborted(signal)
    await sleep(200)
    lock = await tryListen()
  }
  try {
    return await work()
  } finally {
    lock.close()
  }
}

function tryListen(): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error) => (errnoOf(error) === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
    server.listen({ path: '\0redoubt-lab' }, () => resolve(server))
  })
}
