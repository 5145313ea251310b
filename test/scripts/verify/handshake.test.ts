// The TLS probes against a real server on loopback: they must see the difference between a floor and none.
import * as assert from 'node:assert/strict'
import { type AddressInfo, connect, createServer as createTcp, type Server } from 'node:net'
import { createServer as createTls, type TlsOptions } from 'node:tls'
import { test } from 'uvu'
import { issue, privatePem } from '../../../pki/issue.ts'
import { generateKey } from '../../../pki/keys.ts'
import { toPem } from '../../../pki/x509.ts'
import { clientHello, readAnswer, strongSuites, weakSuites } from '../../../scripts/verify/client-hello.ts'
import { classify, handshake, plaintext, trustOnly } from '../../../scripts/verify/handshake.ts'
import {
  judgeAccepted,
  judgeCertificate,
  judgeClosed,
  judgePlaintext,
  judgeRefused,
} from '../../../scripts/verify/judge.ts'

const now = new Date()
async function pair(name: string) {
  const authority = { subject: { commonName: `${name}-ca`, organizations: [] }, key: await generateKey('P-384') }
  const ca = issue({
    profile: { subject: authority.subject, usages: [], sans: [], authority: {} },
    key: authority.key,
    issuer: undefined,
    now,
    minutes: 60 * 24 * 60,
  })
  const key = await generateKey('P-256')
  const leaf = issue({
    profile: {
      subject: { commonName: name, organizations: [] },
      usages: ['server', 'client'],
      sans: ['IP:127.0.0.1', 'DNS:cp1'],
    },
    key,
    issuer: { ...authority, certificate: ca },
    now,
    minutes: 60 * 24 * 30,
  })
  return { ca: toPem(ca.raw), own: { cert: toPem(leaf.raw), key: privatePem(key) } }
}
const server = await pair('server')
const other = await pair('other')

/** Runs `work` with the port of a server on loopback, and ends the server. */
async function serving<T>(made: Server, work: (port: number) => Promise<T>): Promise<T> {
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  try {
    return await work((made.address() as AddressInfo).port)
  } finally {
    made.close()
  }
}

function tlsServer(options: TlsOptions): Server {
  const made = createTls({ ...server.own, ...options }, (socket) => {
    socket.on('error', () => {})
    socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\n'))
  })
  return made.on('tlsClientError', () => {})
}

const shake = (port: number, tls = {}, request?: string) =>
  handshake({ host: '127.0.0.1', port, tls, timeout: 5000, ...(request ? { request } : {}) })
const tls11 = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }
const weak = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0' }
const judge = async (port: number, tls: object) =>
  judgeRefused('here', 'old', await shake(port, tls), 'parameters').verdict

test('a server with a floor refuses TLS 1.1 by an alert; one without takes it, and the probe fails', async () => {
  await serving(tlsServer({ minVersion: 'TLSv1.2' }), async (port) => {
    assert.equal(await judge(port, tls11), 'pass')
    assert.equal(judgeAccepted('here', 'new', await shake(port, trustOnly(server.ca)), true).verdict, 'pass')
  })
  await serving(tlsServer({ minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }), async (port) => {
    const seen = await shake(port, tls11)
    assert.equal(seen.kind === 'accepted' && seen.protocol, 'TLSv1.1')
    assert.equal(await judge(port, tls11), 'fail')
  })
})

test('a refusal of our own library proves nothing', async () => {
  await serving(tlsServer({ minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }), async (port) => {
    const seen = await shake(port, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' })
    assert.equal(seen.kind, 'local')
    assert.equal(judgeRefused('here', 'old', seen, 'parameters').verdict, 'unknown')
  })
})

test('weak suites: refused or taken', async () => {
  const strong = { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }
  assert.equal(await serving(tlsServer(strong), (port) => judge(port, weak)), 'pass')
  assert.equal(await serving(tlsServer({ ciphers: 'ALL:@SECLEVEL=0' }), (port) => judge(port, weak)), 'fail')
})

/** What a server on loopback answers to bytes of ours. */
function exchange(port: number, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      socket.destroy()
    })
    socket.on('close', () => resolve(Buffer.concat(chunks)))
    socket.on('error', reject)
  })
}

const hellos: [TlsOptions, Parameters<typeof clientHello>, 'pass' | 'fail'][] = [
  [{ minVersion: 'TLSv1.2' }, ['TLSv1.1', weakSuites], 'pass'],
  [{ minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }, ['TLSv1.1', weakSuites], 'fail'],
  [{ ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }, ['TLSv1.2', weakSuites], 'pass'],
  [{ ciphers: 'ALL:@SECLEVEL=0' }, ['TLSv1.2', weakSuites], 'fail'],
  [{}, ['TLSv1.2', strongSuites], 'fail'],
]
test('a hello of our own bytes meets the same answers', async () => {
  for (const [options, hello, verdict] of hellos)
    await serving(tlsServer(options), async (port) => {
      const answer = readAnswer(await exchange(port, clientHello(...hello)))
      assert.equal(judgeRefused('here', 'x', answer, 'parameters').verdict, verdict, JSON.stringify(answer))
    })
  assert.equal(readAnswer(Buffer.of()).kind, 'closed')
  assert.equal(readAnswer(Buffer.from('HTTP/1.0 400 Bad Request')).kind, 'local')
  assert.equal(readAnswer(Buffer.of(22, 3, 3, 0, 40, 11, 0)).kind, 'local')
})

const mutual: TlsOptions = { requestCert: true, rejectUnauthorized: true, ca: server.ca }
for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
  test(`client certificates with ${maxVersion}: only an answer is acceptance`, async () => {
    await serving(tlsServer({ ...mutual, maxVersion }), async (port) => {
      const refusal = async (tls: object) =>
        judgeRefused('here', 'x', await shake(port, tls, 'GET / HTTP/1.1\r\n\r\n'), 'certificate')
      const good = await shake(port, server.own, 'GET / HTTP/1.1\r\n\r\n')
      assert.equal(good.kind === 'accepted' && good.answer.startsWith('HTTP/1.1 200'), true)
      assert.equal((await refusal({})).verdict, 'pass')
      // A stranger's certificate makes Node's server end the connection without an alert, which a fault does too.
      assert.equal((await refusal(other.own)).verdict, 'unknown')
      assert.equal((await refusal(server.own)).verdict, 'fail')
    })
  })

test('a served certificate: ours, its names, its days', async () => {
  await serving(tlsServer({}), async (port) => {
    const verdict = async (ca: string, names: string[], days: number) =>
      judgeCertificate('here', await shake(port, trustOnly(ca)), { ca: 'server-ca', names, days }, now).verdict
    assert.equal(await verdict(server.ca, ['127.0.0.1', 'cp1'], 7), 'pass')
    assert.equal(await verdict(other.ca, ['127.0.0.1'], 7), 'fail')
    assert.equal(await verdict(server.ca, ['cp2'], 7), 'fail')
    assert.equal(await verdict(server.ca, ['cp1'], 60), 'fail')
  })
})

const plainServers: [string, (data: string) => string | undefined, 'pass' | 'fail'][] = [
  ['serves content', () => 'HTTP/1.1 200 OK\r\n\r\n{}', 'fail'],
  ['refuses by status but serves', () => 'HTTP/1.1 401 Unauthorized\r\n\r\n', 'fail'],
  [
    'complains as Go does',
    () => 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n',
    'pass',
  ],
  ['answers with a TLS alert', () => '\x15\x03\x01\x00\x02\x02\x46', 'pass'],
  ['closes', () => undefined, 'pass'],
]
for (const [name, answer, verdict] of plainServers)
  test(`plain text to a port that ${name}: ${verdict}`, async () => {
    const made = createTcp((socket) => {
      socket.on('error', () => {})
      socket.on('data', (data) => socket.end(Buffer.from(answer(data.toString()) ?? '', 'latin1')))
    })
    const request = 'GET / HTTP/1.1\r\n\r\n'
    const result = await serving(made, (port) => plaintext({ host: '127.0.0.1', port, request, timeout: 5000 }))
    assert.equal(judgePlaintext('here', 'plain', result).verdict, verdict)
    assert.equal(judgeClosed('here', result).verdict, 'fail')
  })

test('a port where nothing listens is closed, which says nothing of its TLS', async () => {
  const port = await serving(createTcp(), async (free) => free)
  const request = 'x'
  const plain = await plaintext({ host: '127.0.0.1', port, request, timeout: 5000 })
  assert.equal(plain.kind, 'refused')
  assert.equal(judgeClosed('here', plain).verdict, 'pass')
  assert.equal(judgePlaintext('here', 'plain', plain).verdict, 'unknown')
  const seen = await shake(port)
  assert.equal(seen.kind, 'unreachable')
  assert.equal(judgeRefused('here', 'x', seen, 'parameters').verdict, 'unknown')
  assert.equal(judgeAccepted('here', 'x', seen).verdict, 'unknown')
})

test('silence is unknown', async () => {
  const signal = AbortSignal.abort()
  const silent = createTcp((socket) => void socket.on('error', () => {}))
  await serving(silent, async (port) => {
    const common = { host: '127.0.0.1', port, timeout: 5000, signal }
    const seen = await handshake({ ...common, tls: {} })
    assert.equal(seen.kind, 'unreachable')
    const plain = await plaintext({ ...common, request: 'x' })
    assert.equal(judgePlaintext('here', 'plain', plain).verdict, 'unknown')
    assert.equal(judgeClosed('here', plain).verdict, 'unknown')
  })
})

const alert =
  'error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:record/rec_layer_s3.c:918:SSL alert number 70\n'
const errors: [string, string, boolean, string][] = [
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', alert, true, 'alert'],
  [
    'ERR_SSL_NO_PROTOCOLS_AVAILABLE',
    'error:0A0000BF:SSL routines:tls_setup_handshake:no protocols available:x.c:155:',
    true,
    'local',
  ],
  ['ECONNREFUSED', 'connect ECONNREFUSED', false, 'unreachable'],
  ['ECONNRESET', 'read ECONNRESET', true, 'closed'],
  ['ECONNRESET', 'read ECONNRESET', false, 'unreachable'],
  ['EHOSTUNREACH', 'connect EHOSTUNREACH', false, 'unreachable'],
]
test('errors are sorted by whose doing they are', () => {
  for (const [code, message, connected, kind] of errors)
    assert.equal(classify(Object.assign(new Error(message), { code }), connected).kind, kind, `${code} ${connected}`)
})

test.run()
