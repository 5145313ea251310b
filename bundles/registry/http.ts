// One HTTP exchange with a registry: trust by host, proxies from the environment, redirects without our credentials.
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { pipeline } from 'node:stream/promises'
import { errnoOf, fail, messageOf } from '../../lib/errors.ts'
import { type Pace, pace, watchPace } from './pace.ts'
import { Transient } from './retry.ts'

/** How one host is spoken to; what is not said is HTTPS with the system's authorities. */
export interface HostSettings {
  /** `registry.example.org:5000` */
  host: string
  /** HTTP without TLS. */
  plainHttp?: boolean
  /** PEM of the authorities that its certificate may hang from, in place of the system's. */
  ca?: string
  /** Asked before the host itself: `HOST` or `HOST/PATH`. */
  mirrors?: readonly string[]
}

export interface Exchange {
  url: URL
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH'
  headers?: Record<string, string>
  body?: string | AsyncIterable<Uint8Array>
}

/** Sends an exchange and follows redirects; what comes back is not read yet. */
export type Send = (exchange: Exchange) => Promise<IncomingMessage>

const mostRedirects = 5
/** Interim answers (RFC 9110 section 15.2): a proxy may send one now and then while an upload is stored. */
const mostInterim = 1000

/**
 * Connections to registries. A redirect to another origin loses the Authorization header (RFC 9110 section 15.4), and none leads from
 * HTTPS to HTTP. Throws Transient for what may be better in a moment (a connection slower than `least` too), `failed` for what will not.
 */
export function createSend(
  hosts: readonly HostSettings[],
  connections: number,
  signal: AbortSignal,
  least: Pace = pace,
): Send {
  const proxy = { proxyEnv: process.env, keepAlive: true, maxSockets: connections }
  const plain = agentOrFail(() => new http.Agent(proxy))
  const agents = new Map<string | undefined, https.Agent>()
  const agentOf = (ca: string | undefined) => {
    const known = agents.get(ca)
    if (known) return known
    const made = agentOrFail(() => new https.Agent(ca === undefined ? proxy : { ...proxy, ca }))
    agents.set(ca, made)
    return made
  }
  const settingsOf = (url: URL) => hosts.find((entry) => isHost(entry.host, url))

  function once({ url, method = 'GET', headers = {}, body }: Exchange): Promise<IncomingMessage> {
    const settings = settingsOf(url)
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && settings?.plainHttp))
      fail('failed', `would be asked without TLS`, {
        where: url.origin,
        hint: `Where that is meant, name it under registries: {host: ${url.host}, plainHttp: true}.`,
      })
    return new Promise((resolve, reject) => {
      const options = { method, headers, signal }
      const outgoing =
        url.protocol === 'http:'
          ? http.request(url, { ...options, agent: plain })
          : https.request(url, { ...options, agent: agentOf(settings?.ca) })
      watchPace(outgoing, least)
      let interim = 0
      outgoing.on('information', () => {
        // Each counts as progress: who sends nothing else would be listened to for ever.
        if (++interim > mostInterim)
          outgoing.destroy(new Transient(`gave ${mostInterim} answers and none of them the last`))
      })
      outgoing.on('response', (answer) => {
        // Whoever answers before it has read everything does not want the rest: it would hold the connection.
        answer.once('close', () => outgoing.writableFinished || outgoing.destroy())
        resolve(answer)
      })
      // When what is sent fails, the connection's end is its consequence.
      let own: unknown
      outgoing.on('error', (error) => reject(own ?? explain(error, url, signal)))
      if (typeof body !== 'object') return void outgoing.end(body)
      const noted = noting(body, (error) => {
        own = error
      })
      pipeline(noted, outgoing).catch((error) => outgoing.destroy(error))
    })
  }

  return async (exchange) => {
    let { url, headers } = exchange
    for (let hop = 0; ; hop++) {
      const answer = await once({ ...exchange, url, headers: headers ?? {} })
      const location = answer.headers.location
      if (answer.statusCode === 401 && url.origin !== exchange.url.origin) {
        discard(answer)
        // Its challenge is not the registry's: following it would carry our credentials there.
        fail('failed', `redirects to ${url.origin}, which wants credentials of its own`, {
          where: exchange.url.origin,
          hint: 'A registry’s credentials are given to no other host.',
        })
      }
      const moved = [301, 302, 303, 307, 308].includes(answer.statusCode ?? 0) && location
      if (!moved || !['GET', 'HEAD'].includes(exchange.method ?? 'GET')) return answer
      discard(answer)
      if (hop === mostRedirects)
        fail('failed', `redirected more than ${mostRedirects} times`, { where: exchange.url.origin })
      const next = URL.canParse(location, url.href)
        ? new URL(location, url.href)
        : fail('failed', 'redirected to no URL', { where: url.origin })
      if (next.origin !== url.origin) headers = withoutCredentials(headers)
      url = next
    }
  }
}

async function* noting(body: AsyncIterable<Uint8Array>, onError: (error: unknown) => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    onError(error)
    throw error
  }
}

/** Node's own errors for a proxy quote it, and a password may be in it. */
function agentOrFail<T>(make: () => T): T {
  try {
    return make()
  } catch {
    return fail('usage', 'HTTPS_PROXY or HTTP_PROXY is no URL of a proxy', {
      hint: 'Expected http://HOST:PORT, with USER:PASSWORD@ before the host where it wants them, and signs like % and @ in the password percent-encoded.',
    })
  }
}

/** Lets a short body pass, so that its connection can be used again; any other may have no end. */
export function discard(answer: IncomingMessage): void {
  if (Number(answer.headers['content-length'] ?? Number.NaN) <= 65536) answer.resume()
  else answer.destroy()
}

/** Whether a URL leads to a host as a user names it: a URL's own `host` is in lower case and has no default port. */
export function isHost(name: string, url: URL): boolean {
  return URL.canParse(`${url.protocol}//${name}`) && new URL(`${url.protocol}//${name}`).host === url.host
}

function withoutCredentials(headers: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'))
}

/** Name resolution that found nothing, and trust, stay as they are; anything else of a socket may pass. */
function explain(error: Error, url: URL, signal: AbortSignal): unknown {
  if (signal.aborted || error instanceof Transient) return error
  const code = errnoOf(error) ?? ''
  const hint = permanent[code] ?? (/CERT|SIGNATURE|ISSUER/.test(code) ? trustHint : undefined)
  if (!hint) return new Transient(`${code || messageOf(error)}`)
  try {
    return fail('failed', code === 'EPROTO' ? tlsReason(messageOf(error)) : messageOf(error), {
      where: url.host,
      hint,
      cause: error,
    })
  } catch (failure) {
    return failure
  }
}

/** OpenSSL's own words, out of a line that also names its sources. */
function tlsReason(message: string): string {
  return `TLS failed: ${/SSL routines:[^:]*:([^:]+):/.exec(message)?.[1] ?? message.trim()}`
}

const trustHint = 'Its certificate is not trusted: name its authorities with `ca` under registries in redoubt.yaml.'
const noTls =
  'It may not speak TLS: a host without it needs `plainHttp: true` under registries in redoubt.yaml; for `bundle push`, --plain-http.'
const permanent: Record<string, string> = {
  ENOTFOUND: 'There is no host of this name: check the name, or the proxy in HTTPS_PROXY.',
  EPROTO: noTls,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
}
