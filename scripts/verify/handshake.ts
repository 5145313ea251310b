// Raw handshakes. What a server refuses must be the server's doing: our own library refuses old protocols by itself, which
// proves nothing, so results keep apart a TLS alert that the server sent, a connection it closed, and an error of ours.
import { connect as connectTcp, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { errnoOf, messageOf } from '../../lib/errors.ts'

export interface ServedCertificate {
  subject: string
  issuer: string
  /** `DNS:kubernetes, IP Address:10.96.0.1` */
  names: string
  /** Milliseconds since the epoch. */
  expires: number
  sha256: string
}

export type Handshake =
  /** The server completed the handshake and took our client certificate, or asked for none. `answer` is what it then sent. */
  | {
      kind: 'accepted'
      protocol: string
      cipher: string
      /** Why the chain or the name did not verify; empty when they did. */
      distrust: string
      certificate: ServedCertificate
      answer: string
    }
  /** The server sent a TLS alert: its number and OpenSSL's words for it. */
  | { kind: 'alert'; number: number; text: string }
  /** The server ended the connection without an alert. */
  | { kind: 'closed'; text: string }
  /** Our side could not or would not: says nothing of the server. */
  | { kind: 'local'; text: string }
  /** No connection at all. */
  | { kind: 'unreachable'; text: string }

export interface HandshakeOptions {
  host: string
  port: number
  tls: ConnectionOptions
  /** Sent after the handshake. With TLS 1.3 a server judges our certificate only then. */
  request?: string
  timeout: number
  signal?: AbortSignal
}

/** Trust in one authority itself, without the root above it: a certificate of a sister authority does not verify. */
export function trustOnly(authority: string): ConnectionOptions {
  return { ca: authority, allowPartialTrustChain: true } as ConnectionOptions
}

/**
 * With TLS 1.3 our side has finished before the server judges our certificate. Data sent at once would make the server's
 * kernel reset the connection, and the reset would discard the alert: so we listen this long (ms) before we speak.
 */
const alertDelay = 200

const refusedConnection = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
])

/** One TLS handshake, and one request when given. Never throws for what a network or a server does. */
export function handshake(options: HandshakeOptions): Promise<Handshake> {
  return new Promise((resolve) => {
    let connected = false
    let seen: Handshake | undefined
    let answer = ''
    const socket = connectTls({
      rejectUnauthorized: false,
      ...options.tls,
      host: options.host,
      port: options.port,
      ...(options.tls.servername === undefined ? { servername: '' } : {}),
    })
    const settle = (result: Handshake) => {
      stopWatching()
      socket.destroy()
      resolve(result)
    }
    const stopWatching = watch(socket, options, () => settle({ kind: 'unreachable', text: 'no answer in time' }))
    socket.on('connect', () => {
      connected = true
    })
    socket.on('secureConnect', () => {
      const result = accepted(socket)
      seen = result
      if (options.request === undefined) settle(result)
      else setTimeout(() => socket.writable && socket.write(options.request ?? ''), alertDelay)
    })
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      if (answer.includes('\r\n\r\n') && seen?.kind === 'accepted') settle({ ...seen, answer: answer.slice(0, 4096) })
    })
    socket.on('error', (error) => settle(classify(error, connected)))
    socket.on('close', () =>
      settle(
        seen?.kind === 'accepted' && answer !== ''
          ? { ...seen, answer }
          : { kind: 'closed', text: 'the server closed the connection' },
      ),
    )
  })
}

function accepted(socket: TLSSocket): Handshake {
  const peer = socket.getPeerX509Certificate()
  return {
    kind: 'accepted',
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().name,
    distrust: socket.authorized ? '' : String(socket.authorizationError ?? 'not verified'),
    certificate: {
      subject: (peer?.subject ?? '').replaceAll('\n', ', '),
      issuer: (peer?.issuer ?? '').replaceAll('\n', ', '),
      names: peer?.subjectAltName ?? '',
      expires: peer?.validToDate.getTime() ?? 0,
      sha256: peer?.fingerprint256.replaceAll(':', '').toLowerCase() ?? '',
    },
    answer: '',
  }
}

/** Sorts a socket's error by whose doing it is. OpenSSL writes `SSL alert number N` only for an alert it received. */
export function classify(error: unknown, connected: boolean): Handshake {
  const code = errnoOf(error) ?? ''
  const message = messageOf(error)
  const alert = /:([^:]*):[^:]*:\d+:SSL alert number (\d+)/.exec(message)
  if (alert) return { kind: 'alert', number: Number(alert[2]), text: (alert[1] ?? '').trim() }
  if (refusedConnection.has(code) || !connected) return { kind: 'unreachable', text: code || message }
  if (code === 'ECONNRESET' || code === 'EPIPE') return { kind: 'closed', text: 'the server reset the connection' }
  return { kind: 'local', text: code || message }
}

export type Plain =
  | { kind: 'answer'; text: string }
  | { kind: 'closed'; text: string }
  | { kind: 'refused'; text: string }
  | { kind: 'unreachable'; text: string }

/** Sends plain text to a port and returns what comes back. `refused` means that nothing listens there. */
export function plaintext(options: Omit<HandshakeOptions, 'tls'>): Promise<Plain> {
  return new Promise((resolve) => {
    let connected = false
    let answer = ''
    const socket = connectTcp({ host: options.host, port: options.port })
    const settle = (result: Plain) => {
      stopWatching()
      socket.destroy()
      resolve(result)
    }
    const ended = (text: string) => settle(answer === '' ? { kind: 'closed', text } : { kind: 'answer', text: answer })
    const stopWatching = watch(socket, options, () =>
      connected && answer !== '' ? ended('') : settle({ kind: 'unreachable', text: 'no answer in time' }),
    )
    socket.on('connect', () => {
      connected = true
      socket.write(options.request ?? '')
    })
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      if (answer.length > 4096) ended('')
    })
    socket.on('error', (error) => {
      const code = errnoOf(error) ?? messageOf(error)
      if (code === 'ECONNREFUSED') settle({ kind: 'refused', text: code })
      else if (connected) ended(`the server reset the connection (${code})`)
      else settle({ kind: 'unreachable', text: code })
    })
    socket.on('close', () => ended('the server closed the connection'))
  })
}

/** Calls `late` once after the timeout or when the signal fires; returns what stops both. */
function watch(socket: Socket, options: { timeout: number; signal?: AbortSignal }, late: () => void): () => void {
  const timer = setTimeout(late, options.timeout)
  options.signal?.addEventListener('abort', late, { once: true })
  if (options.signal?.aborted) queueMicrotask(late)
  return () => {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', late)
    socket.removeAllListeners('data')
    socket.removeAllListeners('close')
    socket.removeAllListeners('error')
    socket.on('error', () => {})
  }
}
