// What a cluster of the lab finds outside: an identity provider and a sink of audit events, on this machine, in one server.
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { issue, privatePem } from '../../../pki/issue.ts'
import { generateKey } from '../../../pki/keys.ts'
import { toPem } from '../../../pki/x509.ts'
import { algorithm, keyId, publicJwk } from '../../../scripts/verify/jwt.ts'

export interface Outside {
  /** `https://10.77.0.1:PORT` */
  url: string
  /** PEM of the authority of its certificate. */
  ca: string
  /** PEM of the key by which the provider signs. */
  key: string
  close(): Promise<void>
}

interface Options {
  /** An address of this machine that the lab reaches. */
  address: string
  port: number
  /** PEM of the authority of the clients that may post events, and of the root. */
  clients: string
}

/** Starts both. Events are kept by id, in memory; only a client with a certificate may bring any. */
export async function startOutside({ address, port, clients }: Options): Promise<Outside> {
  const { ca, certificate, serverKey } = await certificates(address)
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const url = `https://${address}:${port}`
  const events = new Map<string, unknown>()
  const server = createServer(
    {
      cert: certificate,
      key: serverKey,
      ca: clients,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (incoming, response) => void answer(incoming, response, { url, key, events }),
  )
  await new Promise<void>((resolve, reject) => server.on('error', reject).listen(port, address, resolve))
  return { url, ca, key: privatePem(key), close: () => close(server) }
}

async function certificates(address: string) {
  const now = new Date()
  const subject = { commonName: 'outside', organizations: [] }
  const authorityKey = await generateKey('P-256')
  const serverKey = await generateKey('P-256')
  const minutes = 24 * 60
  const authority = issue({
    profile: { subject, usages: [], sans: [], authority: { pathLength: 0 } },
    key: authorityKey,
    issuer: undefined,
    now,
    minutes,
  })
  const certificate = issue({
    profile: { subject: { commonName: address, organizations: [] }, usages: ['server'], sans: [`IP:${address}`] },
    key: serverKey,
    issuer: { subject, certificate: authority, key: authorityKey },
    now,
    minutes,
  })
  return { ca: toPem(authority.raw), certificate: toPem(certificate.raw), serverKey: privatePem(serverKey) }
}

interface State {
  url: string
  key: KeyObject
  events: Map<string, unknown>
}

async function answer(incoming: IncomingMessage, response: ServerResponse, { url, key, events }: State): Promise<void> {
  // The API server adds a query to the sink's URL.
  const path = new URL(incoming.url ?? '', url).pathname
  const send = (status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  if (path === '/.well-known/openid-configuration')
    return send(200, {
      issuer: url,
      jwks_uri: `${url}/keys`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [algorithm(key)],
    })
  if (path === '/keys')
    return send(200, { keys: [{ ...publicJwk(key), kid: keyId(key), alg: algorithm(key), use: 'sig' }] })
  if (path === '/audit' && incoming.method === 'POST') {
    if (!isApiServer(incoming.socket as TLSSocket)) return send(401, { error: 'only API servers bring events' })
    const { items = [] } = JSON.parse(await textOf(incoming)) as { items?: { auditID: string; stage: string }[] }
    for (const event of items) events.set(event.auditID, event)
    return send(200, {})
  }
  const found = events.get(path.replace(/^\/audit\//, ''))
  send(found === undefined ? 404 : 200, found ?? { error: 'no such thing' })
}

/** Its chain ends in the root, as OpenSSL wants it: so the name counts too. */
function isApiServer(socket: TLSSocket): boolean {
  return socket.authorized && socket.getPeerCertificate().subject.CN === 'front-proxy-client'
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
