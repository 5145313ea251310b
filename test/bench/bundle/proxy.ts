// Stands between a client and the registry, and knows how many bytes of each blob reached the client.
import { readFileSync } from 'node:fs'
import http from 'node:http'
import type { Socket } from 'node:net'

interface Passed {
  digest: string
  /** Where in the blob it begins. */
  from: number
  sent: number
  socket: Socket | null
}

export interface CountingProxy {
  /** Where each blob's bytes ended that the client read, by digest; then forgets everything. */
  take(): Map<string, number>
  /** The lowest place from which each blob was asked since. */
  asked(): Map<string, number>
  close(): Promise<void>
}

/** Passes requests on to `registry`. */
export async function startProxy(port: number, registry: string): Promise<CountingProxy> {
  let passed: Passed[] = []
  const agent = new http.Agent({ keepAlive: true })
  const server = http.createServer((request, response) => {
    const onward = http.request(`http://${registry}${request.url}`, {
      agent,
      method: request.method ?? 'GET',
      headers: request.headers,
    })
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      const digest = /\/blobs\/(sha256:[0-9a-f]+)$/.exec(request.url ?? '')?.[1]
      const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
      const one = digest && request.method === 'GET' ? { digest, from, sent: 0, socket: response.socket } : undefined
      if (one) passed.push(one)
      answer.on('data', (chunk: Buffer) => {
        if (one) one.sent += chunk.length
        if (!response.write(chunk)) answer.pause()
      })
      response.on('drain', () => answer.resume())
      answer.on('end', () => response.end())
      answer.on('error', () => response.destroy())
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => response.writableFinished || onward.destroy())
    onward.end()
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    take: () => {
      const queued = kernelQueues()
      const ends = new Map<string, number>()
      // A connection takes its next request when the answer before was read: what waits is of the last.
      const last = new Map(passed.map((one) => [one.socket, one]))
      for (const one of passed) {
        const { digest, from, sent, socket } = one
        const waiting =
          socket && last.get(socket) === one
            ? socket.writableLength + (queued.get(`${socket.localPort} ${socket.remotePort}`) ?? 0)
            : 0
        ends.set(digest, Math.max(ends.get(digest) ?? 0, from + Math.max(0, sent - waiting)))
      }
      passed = []
      return ends
    },
    asked: () => {
      const starts = new Map<string, number>()
      for (const { digest, from } of passed) starts.set(digest, Math.min(starts.get(digest) ?? from, from))
      return starts
    },
    close: () =>
      new Promise<void>((resolve) => {
        agent.destroy()
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

/** Bytes of each connection that the kernel holds, sent and not read yet: by `LOCAL REMOTE` port (proc(5), /proc/net/tcp). */
function kernelQueues(): Map<string, number> {
  const queues = new Map<string, number>()
  const add = (key: string, hex: string | undefined) =>
    queues.set(key, (queues.get(key) ?? 0) + Number.parseInt(hex ?? '0', 16))
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const [, local, remote, , queue = ''] = line.trim().split(/\s+/)
    const [here, there] = [local, remote].map((one) => Number.parseInt(one?.split(':')[1] ?? '0', 16))
    const [sending, reading] = queue.split(':')
    // What one end has not read belongs to what the other sent.
    add(`${here} ${there}`, sending)
    add(`${there} ${here}`, reading)
  }
  return queues
}
