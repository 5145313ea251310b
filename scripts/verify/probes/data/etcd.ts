// Who may talk to etcd. Whoever can, reads and writes everything, past RBAC and audit.
import type { Env, Identity } from '../../env.ts'
import { trustOnly } from '../../handshake.ts'
import { judgeAccepted, judgeRefused } from '../../judge.ts'
import type { Check, Probe } from '../../probe.ts'
import { askEach, etcdClients, etcdPeers, type Target } from '../targets.ts'

function shake(env: Env, target: Target, identity: Identity | undefined, chain: 'whole' | 'leaf' = 'whole') {
  const certificate = chain === 'leaf' ? leafOf(identity?.certificate ?? '') : identity?.certificate
  return env.handshake({
    ...target,
    tls: { ...trustOnly(env.authority(target.trust)), ...(identity ? { cert: certificate, key: identity.key } : {}) },
    // With TLS 1.3 etcd judges our certificate after we have finished: only an answer shows that it was taken.
    request: `GET /version HTTP/1.1\r\nHost: ${target.host}\r\nConnection: close\r\n\r\n`,
  })
}

/** The first certificate of a PEM chain. */
export function leafOf(chain: string): string {
  const end = '-----END CERTIFICATE-----\n'
  return chain.slice(0, chain.indexOf(end) + end.length)
}

/** The same question with a certificate that is right, then those that are not. */
async function pair(
  env: Env,
  targets: readonly Target[],
  work: (target: Target) => Promise<Check[]>,
): Promise<Check[]> {
  const good = await env.issue({ user: `redoubt-verify-${env.run}`, authority: 'etcd-ca' })
  return askEach(targets, async (target) => [
    judgeAccepted(target.where, 'GET /version with a certificate of etcd-ca', await shake(env, target, good), true),
    ...(await work(target)),
  ])
}

/** One of etcd's two ports. */
interface Side {
  prefix: string
  who: string
  control: string
  targets: (env: Env) => Target[]
}

const none = ({ prefix, who, control, targets }: Side): Probe => ({
  id: `${prefix}-no-certificate`,
  title: `etcd refuses a ${who} without a certificate`,
  group: 'data',
  controls: [control],
  needs: ['issue'],
  budget: 20_000,
  run: (env) =>
    pair(env, targets(env), async (target) => [
      judgeRefused(
        target.where,
        'a handshake without a certificate',
        await shake(env, target, undefined),
        'certificate',
      ),
    ]),
})

const wrongPurpose = ({ prefix, who, control, targets }: Side): Probe => ({
  id: `${prefix}-cluster-certificate`,
  title: `etcd refuses certificates of the cluster’s users and kubelets, and those of strangers, as ${who}`,
  group: 'data',
  controls: [control],
  needs: ['issue'],
  budget: 20_000,
  run: async (env) => {
    const [client, kubelet, foreign] = await Promise.all([
      env.issue({ user: 'kube-apiserver-etcd-client' }),
      env.issue({ user: 'kube-apiserver-etcd-client', authority: 'kubelet-client-ca' }),
      env.issue({ user: 'kube-apiserver-etcd-client', authority: 'etcd-ca', flaw: 'foreign' }),
    ])
    return pair(env, targets(env), async (target) => {
      const refused = async (sent: string, identity: Identity, chain: 'whole' | 'leaf') =>
        judgeRefused(target.where, sent, await shake(env, target, identity, chain), 'certificate')
      return [
        await refused('a certificate of client-ca', client, 'leaf'),
        // A common root in etcd's trust would let this one in, since Go takes intermediates from the peer.
        await refused('a certificate of client-ca with its issuer', client, 'whole'),
        await refused('a certificate of kubelet-client-ca with its issuer', kubelet, 'whole'),
        await refused('a certificate of a stranger that calls itself etcd-ca', foreign, 'whole'),
      ]
    })
  },
})

const sides: readonly Side[] = [
  { prefix: 'etcd', who: 'client', control: 'etcd-client-auth', targets: etcdClients },
  { prefix: 'etcd-peer', who: 'member', control: 'etcd-peer-auth', targets: etcdPeers },
]

export const etcdProbes: readonly Probe[] = sides.flatMap((side) => [none(side), wrongPurpose(side)])
