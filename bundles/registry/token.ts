import * as v from 'valibot'
import { fail } from '../../lib/errors.ts'
import { parseJson } from '../../lib/json.ts'
import { addSecret } from '../../lib/redact.ts'
import type { Credentials } from './credentials.ts'
import type { Exchange } from './http.ts'

/** What a registry wants to see, out of its WWW-Authenticate header. */
interface Challenge {
  scheme: 'bearer' | 'basic'
  realm: string
  service?: string
  scope?: string
}

/**
 * Reads WWW-Authenticate (RFC 9110 section 11.6.1): `Bearer realm="https://...",service="...",scope="repository:a/b:pull"`.
 * Undefined for schemes that registries do not use.
 */
export function parseChallenge(header: string): Challenge | undefined {
  const [, scheme = '', rest = ''] = /^\s*(\w+)\s*(.*)$/s.exec(header.slice(0, 4096)) ?? []
  const kind = scheme.toLowerCase()
  if (kind !== 'bearer' && kind !== 'basic') return undefined
  const parameters: Record<string, string> = Object.create(null)
  for (const [, name = '', quoted, plain] of rest.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g))
    parameters[name.toLowerCase()] = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? ''
  const { realm = '', service, scope } = parameters
  return { scheme: kind, realm, ...(service ? { service } : {}), ...(scope ? { scope } : {}) }
}

/** `Basic ...` (RFC 7617). */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/**
 * How the realm is asked for a token: GET with Basic, or POST with a refresh token (distribution, token authentication specification).
 * Throws `failed` for a realm that is no URL, and before a password would go over HTTP to a registry that is spoken to over TLS.
 */
export function tokenExchange(challenge: Challenge, credentials: Credentials | undefined, registry: URL): Exchange {
  const { realm, service, scope } = challenge
  const where = registry.host
  const url = URL.canParse(realm)
    ? new URL(realm)
    : fail('failed', 'wants a token and does not say from where', { where })
  if (url.protocol !== 'https:' && url.protocol !== registry.protocol)
    fail('failed', `wants a token to be asked of ${url.origin}, without TLS`, { where })
  const scopes = scope ? scope.split(' ') : []
  if (credentials && 'token' in credentials) {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'redoubt',
      refresh_token: credentials.token,
    })
    if (service) form.set('service', service)
    if (scope) form.set('scope', scope)
    return { url, method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `${form}` }
  }
  if (service) url.searchParams.set('service', service)
  for (const one of scopes) url.searchParams.append('scope', one)
  return { url, headers: credentials ? { authorization: basic(credentials.user, credentials.password) } : {} }
}

const answerSchema = v.object({ token: v.optional(v.string()), access_token: v.optional(v.string()) })

/** The token in a realm's answer. Throws `failed` when there is none. */
export function readToken(body: string, where: string): string {
  const parsed = v.safeParse(answerSchema, parseJson(body))
  const token = parsed.success ? parsed.output.token || parsed.output.access_token : undefined
  if (!token || !/^[\x21-\x7e]+$/.test(token)) return fail('failed', 'answered something else than a token', { where })
  addSecret(token)
  return token
}
