// The second opinion: what the openssl program makes of the files, which shares no code with node:crypto's checks beyond the library.
import { fail } from '../lib/errors.ts'
import { type RunOptions, run } from '../lib/exec.ts'
import type { Usage } from './x509.ts'

export interface VerifyRequest {
  /** Files of the authorities that are trusted, whether self-signed or not. */
  trusted: readonly string[]
  /** Files of authorities that the peer may send along. */
  sent: readonly string[]
  usage: Usage
  now: Date
  /** Names that the certificate must answer to. */
  dns?: string
  ip?: string
}

type Options = Pick<RunOptions, 'signal'>

/** `OpenSSL 3.0.19 27 Jan 2026`. Throws `failed` when it is not installed. */
export async function opensslVersion(options: Options): Promise<string> {
  const { stdout } = await run(['openssl', 'version'], options)
  return /^OpenSSL [^(\n]*/.exec(stdout)?.[0].trim() ?? fail('failed', `openssl answers ${stdout.trim()}`)
}

/** Which of the certificate files a strict verifier accepts. */
export async function acceptedFiles(
  request: VerifyRequest,
  files: readonly string[],
  options: Options,
): Promise<Set<string>> {
  if (files.length === 0) return new Set()
  const { trusted, sent, usage, now, dns, ip } = request
  const args = [
    ...['verify', '-x509_strict', '-partial_chain', '-purpose', usage === 'server' ? 'sslserver' : 'sslclient'],
    ...['-attime', String(Math.floor(now.getTime() / 1000))],
    ...trusted.flatMap((file) => ['-trusted', file]),
    ...sent.flatMap((file) => ['-untrusted', file]),
    ...(dns ? ['-verify_hostname', dns] : []),
    ...(ip ? ['-verify_ip', ip] : []),
  ]
  const { stdout } = await run(['openssl', ...args, ...files], { ...options, accept: [1, 2] })
  return new Set(files.filter((file) => stdout.split('\n').includes(`${file}: OK`)))
}

/** The public key of a private key file, PEM; undefined when openssl cannot read it. */
export async function publicKeyOf(file: string, options: Options): Promise<string | undefined> {
  // The empty password keeps it from asking for one.
  const command = ['openssl', 'pkey', '-in', file, '-passin', 'pass:', '-pubout'] as const
  const { stdout, code } = await run(command, { ...options, accept: [1] })
  return code === 0 ? stdout : undefined
}
