// What is asked of registries (OCI distribution specification v1.1): manifests, blobs, referrers; with tokens, mirrors and retries.
import type { IncomingMessage } from 'node:http'
import { fail, RedoubtError } from '../../lib/errors.ts'
import { redact } from '../../lib/redact.ts'
import type { FindCredentials } from './credentials.ts'
import { discard, type Exchange, type HostSettings, isHost, type Send } from './http.ts'
import { type Retry, retryAfter, retrying, Transient } from './retry.ts'
import { basic, parseChallenge, readToken, tokenExchange } from './token.ts'

interface ClientOptions {
  hosts: readonly HostSettings[]
  credentials: FindCredentials
  send: Send
  retry: Retry
  /** Milliseconds since 1970, for Retry-After's dates. */
  now: () => number
}

/** A question to one registry: `path` follows `/v2/REPOSITORY/`, unless it is a whole path or a URL. */
export interface Question {
  registry: string
  repository: string
  path: string
  method?: Exchange['method']
  headers?: Record<string, string>
  body?: Exchange['body']
  /** What the token must allow. */
  actions?: 'pull' | 'pull,push'
}

/** Asks once, authenticating when told to; a status other than 2xx is thrown: Transient, or `failed` with the registry's words. */
type Ask = (question: Question) => Promise<IncomingMessage>

export interface Client {
  /** Asks the mirrors, then the registry itself; what one mirror does not have or cannot say, the next may. */
  pull: Ask
  /** Asks the registry itself. */
  direct: Ask
  retry: Retry
}

/** The status of a registry's refusal, for callers to whom absence is an answer. */
export class Refused extends RedoubtError {
  readonly status: number

  constructor(status: number, message: string, where: string, hint: string | undefined) {
    super('failed', message, { where, ...(hint ? { hint } : {}) })
    this.status = status
  }
}

/** What `work` asks for; undefined when the registry says that it is not there. */
export async function unlessAbsent<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return undefined
    throw error
  }
}

/** A client of all registries. Tokens are kept per repository for as long as it lives. */
export function createClient({ hosts, credentials, send, retry, now }: ClientOptions): Client {
  const authorizations = new Map<string, string>()

  async function authorize(header: string | undefined, url: URL, question: Question): Promise<string | undefined> {
    const challenge = header === undefined ? undefined : parseChallenge(header)
    if (!challenge) return undefined
    const found = await credentials(question.registry)
    if (challenge.scheme === 'basic') return found && 'user' in found ? basic(found.user, found.password) : undefined
    const scope = `repository:${question.repository}:${question.actions ?? 'pull'}`
    const exchange = tokenExchange({ ...challenge, scope: challenge.scope || scope }, found, url)
    const answer = await send(exchange)
    if (answer.statusCode !== 200) throw await refusal(answer, exchange.url.origin, now)
    return `Bearer ${readToken((await readSmall(answer, tokenLimit, exchange.url.origin)).toString('utf8'), exchange.url.origin)}`
  }

  async function direct(question: Question, base = question.registry): Promise<IncomingMessage> {
    const [host = '', ...prefix] = base.split('/')
    const address = host === 'docker.io' ? 'registry-1.docker.io' : host
    const plain = hosts.some((entry) => entry.host === host && entry.plainHttp)
    // A place that the registry itself named is a whole path or URL already.
    const named = /^(https?:\/)?\//.test(question.path)
    const path = named ? question.path : ['/v2', ...prefix, question.repository, question.path].join('/')
    const url = new URL(path, `${plain ? 'http' : 'https'}://${address}`)
    const asked = { ...question, registry: host }
    const key = `${base} ${question.repository} ${question.actions ?? 'pull'}`
    const headers = () => {
      const authorization = isHost(address, url) ? authorizations.get(key) : undefined
      return { ...question.headers, ...(authorization ? { authorization } : {}) }
    }
    const exchange = { url, ...(question.method ? { method: question.method } : {}) }
    const body = question.body === undefined ? {} : { body: question.body }
    let answer = await send({ ...exchange, headers: headers(), ...body })
    if (answer.statusCode === 401 && typeof question.body !== 'object') {
      // Read before a token is asked for: an answer that nobody reads holds a connection, and the realm may need it.
      const refused = await refusal(answer, where(asked), now)
      // What the registry named a place on another host for is asked without its credentials, whatever that host says.
      const own = isHost(address, url)
      const authorization = own && (await authorize(answer.headers['www-authenticate'], url, asked))
      if (!authorization) throw refused
      authorizations.set(key, authorization)
      answer = await send({ ...exchange, headers: headers(), ...body })
    } else if (answer.statusCode === 401) {
      // A body cannot be sent twice: the caller begins anew, and is asked for a new token.
      discard(answer)
      if (!authorizations.delete(key)) throw await refusal(answer, where(asked), now)
      throw new Transient('the token has ended')
    }
    // A redirect that comes here is one of what cannot be sent twice (a POST, a PUT): nothing was done.
    if ((answer.statusCode ?? 0) >= 300) throw await refusal(answer, where(asked), now)
    return answer
  }

  async function pull(question: Question): Promise<IncomingMessage> {
    const mirrors = hosts.find((entry) => entry.host === question.registry)?.mirrors ?? []
    for (const mirror of mirrors)
      try {
        return await direct(atMirror(question, mirror), mirror)
      } catch (error) {
        if (!(error instanceof Transient || error instanceof RedoubtError) || retry.signal.aborted) throw error
        retry.onRetry(`mirror ${mirror}: ${error.message}`, 0)
      }
    return direct(question)
  }
  return { pull, direct, retry }
}

/** What stands at a URL stands at a mirror under the same path. */
function atMirror(question: Question, mirror: string): Question {
  if (!URL.canParse(question.path)) return question
  const { pathname, search } = new URL(question.path)
  return { ...question, path: `${mirror.replace(/^[^/]*/, '')}${pathname}${search}` }
}

/** Bytes of the largest answer that is a token, or an error. */
const tokenLimit = 1 << 20

function where({ registry, repository, path }: Question): string {
  const shown = path.replace(/\?.*/, '')
  return /^https?:/.test(shown) ? shown : `${registry}/${repository} ${shown}`
}

/** Makes a refusal of an answer: what may pass is Transient. */
async function refusal(answer: IncomingMessage, place: string, now: () => number): Promise<Error> {
  const status = answer.statusCode ?? 0
  const words = wordsOf(await readSmall(answer, tokenLimit, place).catch(() => Buffer.alloc(0)))
  if (status === 408 || status === 429 || status >= 500)
    return new Transient(`answers ${status}${words}`, retryAfter(answer.headers['retry-after'], now()))
  const hints: Record<number, string> = {
    401: 'It wants credentials: `docker login` or `skopeo login` stores them where redoubt looks.',
    403: 'The credentials found, or none, are not allowed to read it.',
    404: 'Check the name and the tag; some registries say this of what needs credentials, too.',
  }
  return new Refused(status, `answers ${status}${words}`, place, hints[status])
}

/** A registry's own words, `: manifest unknown`: printable, one line, short (distribution specification, error codes). */
function wordsOf(body: Buffer): string {
  try {
    const { message, code } = JSON.parse(body.toString('utf8')).errors[0]
    // Redacted before it is cut: a part of a secret would not be found any more.
    const text = redact(String(message || code))
    return `: ${text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200)}`
  } catch {
    return ''
  }
}

/** Reads a small answer whole. Throws `failed` past `limit` bytes, Transient when it breaks off. */
async function readSmall(answer: IncomingMessage, limit: number, place: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of answer) {
      size += chunk.length
      if (size > limit) fail('failed', `answers more than ${limit} bytes`, { where: place })
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof RedoubtError || error instanceof Transient) throw error
    throw new Transient('the answer broke off')
  }
  return Buffer.concat(chunks)
}

/** Asks and reads a small answer, again and again as `retrying` does. */
export async function askSmall(
  client: Client,
  question: Question,
  limit: number,
): Promise<{ answer: IncomingMessage; body: Buffer }> {
  const place = where(question)
  return retrying(place, client.retry, async () => {
    const answer = await client.pull(question)
    return { answer, body: await readSmall(answer, limit, place) }
  })
}
