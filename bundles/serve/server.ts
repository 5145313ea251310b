import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { errnoOf, fail, messageOf } from '../../lib/errors.ts'
import type { Archive } from '../read/archive.ts'
import { answer } from './answer.ts'
import type { Answer } from './bytes.ts'
import type { Served } from './repositories.ts'
import type { Site } from './site.ts'

interface ServeOptions {
  archive: Archive
  served: Served
  site: Site
  address: string
  port: number
  /** PEM; without it plain HTTP. */
  tls?: { cert: string; key: string }
  /** Hears each request that was answered: method, target, status. */
  onAnswer: (method: string, target: string, status: number) => void
  signal: AbortSignal
}

/** Milliseconds that a client may be silent. */
const idle = 60_000
/** More clients at a time than this are turned away: each costs a piece of memory. */
const mostConnections = 1000

/**
 * Serves a bundle until `signal` fires; `onListening` hears the port. Bytes go from the file to the socket, 64 KiB of memory each.
 * Throws `failed` when the address cannot be had.
 */
export async function serveBundle(options: ServeOptions, onListening: (port: number) => void): Promise<void> {
  const { address, port, tls, signal } = options
  const handle = (request: IncomingMessage, response: ServerResponse) => void respond(options, request, response)
  const server: Server = tls ? createTlsServer({ ...tls, minVersion: 'TLSv1.2' }, handle) : createServer(handle)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.headersTimeout = idle
  server.timeout = idle
  server.maxConnections = mostConnections
  await listen(server, address, port)
  const bound = server.address()
  onListening(typeof bound === 'object' && bound ? bound.port : port)
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (signal.aborted) resolve()
  })
  // Not closeAllConnections: it knows none that has not ended its TLS handshake, and the server would wait for that.
  for (const socket of sockets) socket.destroy()
  await new Promise<void>((resolve) => server.close(() => resolve()))
}

/** Throws `failed` when the address cannot be had now: said before a bundle is verified for minutes. */
export async function requireAddress(address: string, port: number): Promise<void> {
  const server = createServer()
  await listen(server, address, port)
  await new Promise<void>((resolve) => server.close(() => resolve()))
}

async function listen(server: Server, address: string, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, address, resolve)
    })
  } catch (error) {
    const taken = errnoOf(error) === 'EADDRINUSE' ? 'is taken by another program' : messageOf(error)
    fail('failed', taken, { where: `${address}:${port}`, hint: 'Choose another with --listen.', cause: error })
  }
}

async function respond(options: ServeOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url = '' } = request
  const { status, headers, body } = answer(options.served, options.site, {
    method,
    target: url,
    headers: request.headers,
  })
  options.onAnswer(method, url, status)
  response.writeHead(status, { 'docker-distribution-api-version': 'registry/2.0', ...headers })
  if (method === 'HEAD') response.end()
  else if (Buffer.isBuffer(body)) response.end(body)
  else await send(options.archive, body, response).catch(() => response.destroy())
}

/**
 * Sends bytes by the open file: another file put in its place while we serve is not what was checked. One buffer for each client, used again
 * when the system has taken what is in it: hundreds of clients make no garbage. (No read stream of Node: that closes the file when a client
 * goes away before its end, `autoClose` or not, and it serves all others too.)
 */
async function send(
  { file }: Archive,
  { entry, start, end }: Exclude<Answer['body'], Buffer>,
  response: ServerResponse,
): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(piece, Math.max(0, end + 1 - start)))
  let gone = () => {}
  response.once('close', () => gone())
  for (let at = start; at <= end; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end + 1 - at), entry.offset + at)
    if (bytesRead === 0) throw new Error('the bundle ends early')
    await new Promise<void>((resolve, reject) => {
      gone = () => reject(new Error('the client went away'))
      if (response.destroyed) gone()
      response.write(buffer.subarray(0, bytesRead), (error) => (error ? reject(error) : resolve()))
    })
    at += bytesRead
  }
  response.end()
}

const piece = 65536
