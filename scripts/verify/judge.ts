// What an answer is worth, apart from how it was got: recorded answers of good and of sabotaged clusters test these.
import type { HttpsResponse } from '../../lib/https.ts'
import { parseJson } from '../../lib/json.ts'
import { redact } from '../../lib/redact.ts'
import type { Handshake, Plain } from './handshake.ts'
import { type Check, check, oneLine } from './probe.ts'

/** An HTTPS answer, or why there was none. */
export type Answer = HttpsResponse | { status: 0; error: string }

/**
 * Status, and what came with it: the message of a Kubernetes Status; of anything else its kind or size only, because
 * what a sabotaged cluster hands out may be secret.
 */
export function describeAnswer(answer: Answer): string {
  if ('error' in answer) return `no answer: ${oneLine(answer.error)}`
  // Before it is cut: half a secret is none that is known.
  return oneLine(redact(`${answer.status} ${describeBody(answer.body)}`), 240)
}

function describeBody(body: string): string {
  const parsed = parseJson(body)
  const [kind, message] = [field(parsed, 'kind'), field(parsed, 'message')]
  if (kind === 'Status' && typeof message === 'string') return message
  // What is no name of a kind may be anything, also secret.
  if (typeof kind === 'string' && /^[A-Z][A-Za-z]{0,62}$/.test(kind)) return kind
  return `(${Buffer.byteLength(body)} bytes)`
}

/**
 * An answer with one of these statuses passes, another answer fails, none is unknown. So are 429 and 5xx (unless expected):
 * a server that is busy or broken has not decided anything. `text`, when given, must occur in the body too.
 */
export function judgeStatus(
  where: string,
  sent: string,
  answer: Answer,
  expected: readonly number[],
  text?: string,
): Check {
  const wanted = `${expected.join(' or ')}${text ? `, “${text}”` : ''}`
  const saw = describeAnswer(answer)
  if ('error' in answer) return check('unknown', where, sent, wanted, saw)
  if (expected.includes(answer.status))
    return check(!text || answer.body.includes(text) ? 'pass' : 'fail', where, sent, wanted, saw)
  return check(answer.status === 429 || answer.status >= 500 ? 'unknown' : 'fail', where, sent, wanted, saw)
}

/**
 * Credentials that must count for nothing, sent with a SelfSubjectReview: 401, or taken for system:anonymous, which is to say
 * that they were ignored.
 */
export function judgeWorthless(where: string, sent: string, answer: Answer): Check {
  const wanted = '401, or taken for system:anonymous'
  if (!('error' in answer)) {
    const user = field(parseJson(answer.body), 'status', 'userInfo', 'username')
    const nobody = answer.status === 403 && answer.body.includes('\\"system:anonymous\\"')
    if (nobody || (answer.status === 201 && user === 'system:anonymous'))
      return check('pass', where, sent, wanted, nobody ? describeAnswer(answer) : `201, user ${user}`)
  }
  return { ...judgeStatus(where, sent, answer, [401]), expected: wanted }
}

/** One line on a handshake. */
function describeHandshake(result: Handshake): string {
  switch (result.kind) {
    case 'accepted':
      return `accepted with ${result.protocol} ${result.cipher}${result.answer ? `, then ${firstLine(result.answer)}` : ''}`
    case 'alert':
      return `TLS alert ${result.number} (${result.text})`
    case 'closed':
      return `no alert: ${result.text}`
    case 'local':
      return `our own TLS library stopped: ${result.text}`
    case 'unreachable':
      return `no connection: ${result.text}`
  }
}

/** TLS alerts (RFC 8446 6.2) by which a server says why: no common version or suite; a client certificate it does not take. */
const alerts = {
  parameters: [40, 70, 71],
  certificate: [40, 41, 42, 43, 46, 48, 49, 116],
} as const

/**
 * Only the server's own alert, and one that fits, is a refusal. Another alert may have another reason: unknown, as a silent
 * close, an error of ours or no connection.
 */
export function judgeRefused(where: string, sent: string, result: Handshake, reason: keyof typeof alerts): Check {
  const fits = result.kind === 'alert' && (alerts[reason] as readonly number[]).includes(result.number)
  const verdict = fits ? 'pass' : result.kind === 'accepted' ? 'fail' : 'unknown'
  return check(verdict, where, sent, `TLS alert ${alerts[reason].join(', ')}`, describeHandshake(result))
}

/**
 * The other half of a pair: the same means with the right thing is accepted, so that a refusal means something. `trusted`: and
 * the certificate is of our authority; else somebody else answers there, whose refusals prove nothing.
 */
export function judgeAccepted(where: string, sent: string, result: Handshake, trusted = false): Check {
  const wanted = trusted ? 'accepted by a server of ours' : 'accepted'
  const saw = describeHandshake(result)
  if (result.kind !== 'accepted') return check(result.kind === 'alert' ? 'fail' : 'unknown', where, sent, wanted, saw)
  if (trusted && result.distrust)
    return check('unknown', where, sent, wanted, `another server answers: ${result.distrust}`)
  return check('pass', where, sent, wanted, saw)
}

/** Plain text on a TLS port: an end without an answer, a TLS alert or a Go server's fixed complaint; any other answer is served content. */
export function judgePlaintext(where: string, sent: string, result: Plain): Check {
  const wanted = 'no answer in plain text'
  switch (result.kind) {
    case 'closed':
      return check('pass', where, sent, wanted, result.text)
    case 'answer': {
      const complaint = /^HTTP\/1\.\d 400 [\s\S]*Client sent an HTTP request to an HTTPS server/.test(result.text)
      const alert = result.text.startsWith('\x15\x03')
      const saw = alert ? 'a TLS alert record' : firstLine(result.text)
      return check(complaint || alert ? 'pass' : 'fail', where, sent, wanted, saw)
    }
    case 'refused':
      return check('unknown', where, sent, wanted, `nothing listens there: ${result.text}`)
    case 'unreachable':
      return check('unknown', where, sent, wanted, `no connection: ${result.text}`)
  }
}

/** A port that must be closed. Silence may be a firewall or an outage: unknown. */
export function judgeClosed(where: string, result: Plain): Check {
  const wanted = 'connection refused'
  const sent = 'TCP connect'
  if (result.kind === 'refused') return check('pass', where, sent, wanted, result.text)
  if (result.kind === 'unreachable') return check('unknown', where, sent, wanted, result.text)
  return check('fail', where, sent, wanted, `open: ${firstLine(result.text)}`)
}

/** A served certificate: chains to our CA, answers to every name, and is not about to end (`days` at least). */
export function judgeCertificate(
  where: string,
  result: Handshake,
  expected: { ca: string; names: readonly string[]; days: number },
  now: Date,
): Check {
  const sent = `TLS handshake trusting only ${expected.ca}`
  const wanted = `a chain to ${expected.ca}, names ${expected.names.join(' ')}, valid ${expected.days} days more`
  if (result.kind !== 'accepted') return check('unknown', where, sent, wanted, describeHandshake(result))
  if (result.distrust)
    return check('fail', where, sent, wanted, `${result.distrust}: issued by ${result.certificate.issuer}`)
  const names = result.certificate.names.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''))
  const lacking = expected.names.filter((name) => !names.includes(name))
  if (lacking.length > 0)
    return check('fail', where, sent, wanted, `no ${lacking.join(' ')} in ${result.certificate.names}`)
  const days = Math.floor((result.certificate.expires - now.getTime()) / 86_400_000)
  const saw = `${result.certificate.issuer}; ${result.certificate.names}; ${days} days left`
  return check(days >= expected.days ? 'pass' : 'fail', where, sent, wanted, saw)
}

/** The rest of an answer may be anything, also secret. */
function firstLine(text: string): string {
  return oneLine(text.split('\n')[0] ?? '', 80)
}

/** The value at a path of keys and indexes; undefined when anything on the way is missing. */
export function field(value: unknown, ...path: (string | number)[]): unknown {
  let current = value
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined
    current = (current as Record<string | number, unknown>)[key]
  }
  return current
}

/** As field(), for lists: an empty one when there is none. */
export function list(value: unknown, ...path: (string | number)[]): unknown[] {
  const found = field(value, ...path)
  return Array.isArray(found) ? found : []
}
