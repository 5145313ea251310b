// The transport of every TLS port. Each refusal comes with its pair: the same handshake with the right parameters is accepted,
// so that a server that refuses everything, or a probe that cannot connect, does not pass.
import type { ConnectionOptions, SecureVersion } from 'node:tls'
import type { Env } from '../env.ts'
import { type Handshake, trustOnly } from '../handshake.ts'
import { judgeAccepted, judgeCertificate, judgePlaintext, judgeRefused } from '../judge.ts'
import type { Check, Probe } from '../probe.ts'
import { apiServers, askEach, etcdClients, etcdPeers, kubelets, type Target } from './targets.ts'

/** OpenSSL of itself offers neither TLS 1.1 nor SHA-1: security level 0 makes it ask, so that the server must answer. */
const anyCipher = 'ALL:@SECLEVEL=0'
/** Forward-secret but CBC with SHA-1, and RSA key exchange: what Go's default list still takes and the controls leave out. */
const weakCiphers = [
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-RSA-AES256-SHA',
  'AES128-SHA',
  'AES128-GCM-SHA256',
]
const minimumDays = 7

/** One port under test, and how to shake hands with it: with a client certificate where it looks at one. */
interface Subject {
  env: Env
  service: Service
  target: Target
  shake(tls: ConnectionOptions): Promise<Handshake>
}

interface Service {
  id: 'apiserver' | 'kubelet' | 'etcd'
  title: string
  control: string
  targets(env: Env): Target[]
  /** Names that the certificate of a target must carry. */
  names(env: Env, target: Target): string[]
}

const services: readonly Service[] = [
  {
    id: 'apiserver',
    title: 'API server',
    control: 'apiserver-tls',
    targets: apiServers,
    names: ({ model }, target) => [
      target.host,
      'kubernetes.default.svc',
      `kubernetes.default.svc.${model.network.dnsDomain}`,
      model.network.apiServiceIP,
    ],
  },
  {
    id: 'kubelet',
    title: 'kubelet',
    control: 'kubelet-tls',
    targets: kubelets,
    names: (_, target) => [target.host, target.node],
  },
  {
    id: 'etcd',
    title: 'etcd',
    control: 'etcd-tls',
    targets: (env) => [...etcdClients(env), ...etcdPeers(env)],
    names: (_, target) => [target.host],
  },
]

const versionOnly = (version: SecureVersion) => ({ minVersion: version, maxVersion: version })

/** What is asked of every port, by the end of the probe's id. */
const questions: readonly { id: string; title: string; ask(subject: Subject): Promise<Check[]> }[] = [
  {
    id: 'tls-floor',
    title: 'TLS 1.0 and 1.1 are refused',
    ask: async (subject) => {
      const { target, shake } = subject
      const old = async (version: SecureVersion) =>
        judgeRefused(
          target.where,
          `${version} handshake`,
          await shake({ ...versionOnly(version), ciphers: anyCipher }),
          'parameters',
        )
      return [await reference(subject), await old('TLSv1'), await old('TLSv1.1')]
    },
  },
  {
    id: 'tls-ciphers',
    title: 'CBC, SHA-1 and RSA key exchange are refused',
    ask: async (subject) => {
      const { target, shake } = subject
      const weak = { ...versionOnly('TLSv1.2'), ciphers: `${weakCiphers.join(':')}:@SECLEVEL=0` }
      return [
        await reference(subject),
        judgeRefused(target.where, 'TLS 1.2 handshake with weak suites only', await shake(weak), 'parameters'),
      ]
    },
  },
  {
    id: 'plaintext',
    title: 'plain HTTP is refused',
    ask: async (subject) => {
      const { env, target } = subject
      const request = `GET /version HTTP/1.1\r\nHost: ${target.host}\r\nConnection: close\r\n\r\n`
      return [
        await reference(subject),
        judgePlaintext(target.where, 'GET /version without TLS', await env.plaintext({ ...target, request })),
      ]
    },
  },
  {
    id: 'certificate',
    title: 'its certificate is of our authority, for its names, and not about to expire',
    ask: async ({ env, service, target, shake }) => {
      const expected = { ca: target.trust, names: service.names(env, target), days: minimumDays }
      const result = await shake(trustOnly(env.authority(target.trust)))
      return [judgeCertificate(target.where, result, expected, env.now())]
    },
  },
]

/** An ordinary handshake (ours offers ECDHE with AES-GCM and better) with a server that shows our certificate. */
async function reference({ env, target, shake }: Subject): Promise<Check> {
  const result = await shake(trustOnly(env.authority(target.trust)))
  return judgeAccepted(target.where, 'an ordinary TLS handshake', result, true)
}

export const tlsProbes: readonly Probe[] = services.flatMap((service) =>
  questions.map(
    ({ id, title, ask }): Probe => ({
      id: `${service.id}-${id}`,
      title: `${service.title}: ${title}`,
      group: 'transport',
      controls: [service.control],
      needs: service.id === 'etcd' ? ['issue'] : [],
      budget: 20_000,
      run: async (env) => {
        const credential = await clientCertificate(env, service)
        return askEach(service.targets(env), (target) => {
          const shake = (tls: ConnectionOptions) => env.handshake({ ...target, tls: { ...credential, ...tls } })
          return ask({ env, service, target, shake })
        })
      },
    }),
  ),
)

/** etcd also looks at the client's certificate: with a good one, a refusal can only be about the parameters. */
async function clientCertificate(env: Env, service: Service): Promise<ConnectionOptions> {
  if (service.id !== 'etcd') return {}
  const { certificate, key } = await env.issue({ user: `redoubt-verify-${env.run}`, authority: 'etcd-ca' })
  return { cert: certificate, key }
}
