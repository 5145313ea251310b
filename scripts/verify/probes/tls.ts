// The transport of every TLS port. Each refusal comes with its pair: the same handshake with the right parameters is accepted,
// so that a server that refuses everything, or a probe that cannot connect, does not pass.
import type { ConnectionOptions, SecureVersion } from 'node:tls'
import type { Env, Identity } from '../env.ts'
import { judgeAccepted, judgeCertificate, judgePlaintext, judgeRefused } from '../judge.ts'
import type { Check, Probe } from '../probe.ts'
import { apiServers, etcdClients, etcdPeers, kubelets, type Target } from './targets.ts'

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

/** etcd also looks at the client's certificate: with a good one, a refusal can only be about the parameters. */
function credential(env: Env, service: Service): Promise<Identity> | undefined {
  return service.id === 'etcd' ? env.issue({ user: `redoubt-verify-${env.run}`, authority: 'etcd-ca' }) : undefined
}

function floor(service: Service): Probe {
  return {
    id: `${service.id}-tls-floor`,
    title: `${service.title}: TLS 1.0 and 1.1 are refused`,
    group: 'transport',
    controls: [service.control],
    needs: service.id === 'etcd' ? ['issue'] : [],
    budget: 20_000,
    run: async (env) => {
      const identity = await credential(env, service)
      return everyTarget(env, service, async (target) => {
        const shake = (tls: ConnectionOptions) => env.handshake({ ...target, tls: { ...pem(identity), ...tls } })
        const old = async (version: SecureVersion) =>
          judgeRefused(
            target.where,
            `${version} handshake`,
            await shake({ minVersion: version, maxVersion: version, ciphers: anyCipher }),
            'parameters',
          )
        return [await reference(env, target, identity), await old('TLSv1'), await old('TLSv1.1')]
      })
    },
  }
}

function ciphers(service: Service): Probe {
  return {
    id: `${service.id}-tls-ciphers`,
    title: `${service.title}: CBC, SHA-1 and RSA key exchange are refused`,
    group: 'transport',
    controls: [service.control],
    needs: service.id === 'etcd' ? ['issue'] : [],
    budget: 20_000,
    run: async (env) => {
      const identity = await credential(env, service)
      return everyTarget(env, service, async (target) => {
        const shake = (tls: ConnectionOptions) => env.handshake({ ...target, tls: { ...pem(identity), ...tls } })
        const weak = {
          minVersion: 'TLSv1.2',
          maxVersion: 'TLSv1.2',
          ciphers: `${weakCiphers.join(':')}:@SECLEVEL=0`,
        } as const
        return [
          await reference(env, target, identity),
          judgeRefused(target.where, 'TLS 1.2 handshake with weak suites only', await shake(weak), 'parameters'),
        ]
      })
    },
  }
}

function plain(service: Service): Probe {
  return {
    id: `${service.id}-plaintext`,
    title: `${service.title}: plain HTTP is refused`,
    group: 'transport',
    controls: [service.control],
    needs: service.id === 'etcd' ? ['issue'] : [],
    budget: 20_000,
    run: async (env) => {
      const identity = await credential(env, service)
      return everyTarget(env, service, async (target) => {
        const request = `GET /version HTTP/1.1\r\nHost: ${target.host}\r\nConnection: close\r\n\r\n`
        return [
          await reference(env, target, identity),
          judgePlaintext(target.where, 'GET /version without TLS', await env.plaintext({ ...target, request })),
        ]
      })
    },
  }
}

function certificate(service: Service): Probe {
  return {
    id: `${service.id}-certificate`,
    title: `${service.title}: its certificate is of our authority, for its names, and not about to expire`,
    group: 'transport',
    controls: [service.control],
    needs: service.id === 'etcd' ? ['issue'] : [],
    budget: 20_000,
    run: async (env) => {
      const identity = await credential(env, service)
      return everyTarget(env, service, async (target) => {
        const result = await env.handshake({
          ...target,
          tls: { ...pem(identity), ...trustOnly(env.authority(target.trust)) },
        })
        const expected = { ca: target.trust, names: service.names(env, target), days: minimumDays }
        return [judgeCertificate(target.where, result, expected, env.now())]
      })
    },
  }
}

/** Trust in one authority itself, without the root above it: a certificate of a sister authority does not verify. */
export function trustOnly(authority: string): ConnectionOptions {
  return { ca: authority, allowPartialTrustChain: true } as ConnectionOptions
}

/** An ordinary handshake (ours offers ECDHE with AES-GCM and better) with a server that shows our certificate. */
async function reference(env: Env, target: Target, identity: Identity | undefined): Promise<Check> {
  const tls = { ...pem(identity), ...trustOnly(env.authority(target.trust)) }
  return judgeAccepted(target.where, 'an ordinary TLS handshake', await env.handshake({ ...target, tls }), true)
}

function pem(identity: Identity | undefined): ConnectionOptions {
  return identity ? { cert: identity.certificate, key: identity.key } : {}
}

async function everyTarget(env: Env, service: Service, work: (target: Target) => Promise<Check[]>): Promise<Check[]> {
  return (await Promise.all(service.targets(env).map(work))).flat()
}

export const tlsProbes: readonly Probe[] = services.flatMap((service) => [
  floor(service),
  ciphers(service),
  plain(service),
  certificate(service),
])
