import { paths } from '../../cluster/components.ts'
import type { Control } from '../control.ts'
import { configFolder } from './layout.ts'

/** What probes of load balancers and kubelets ask for without credentials. The match is exact. */
const healthPaths = ['/livez', '/readyz', '/healthz'] as const

export const anonymousLimited: Control = {
  id: 'anonymous-limited',
  title: 'Requests without credentials reach the health endpoints and nothing else',
  references: ['CIS 1.2.1', 'STIG V-242390', 'claim: both ends authenticated'],
  why: 'Whoever reaches the port could read version and discovery, and every RBAC mistake would be open to the world.',
  on: () => ({
    authentication: { 'anonymous.enabled': true, 'anonymous.conditions': healthPaths.map((path) => ({ path })) },
  }),
  off: () => ({ authentication: { 'anonymous.enabled': true } }),
}

/** Whose client certificates a kubelet believes. */
export const kubeletClientTrust = `${paths.pki}/kubelet-clients.crt`

export const kubeletAuthentication: Control = {
  id: 'kubelet-authentication',
  title: 'Kubelets know who asks, and ask the API server whether they may',
  references: [
    'CIS 4.2.1',
    'CIS 4.2.2',
    'CIS 4.2.3',
    'STIG V-242391',
    'STIG V-242392',
    'STIG V-242420',
    'claim: both ends authenticated',
  ],
  why: 'An open kubelet runs any command in any pod of its node.',
  on: () => ({
    kubelet: {
      'authentication.x509.clientCAFile': kubeletClientTrust,
      'authentication.anonymous.enabled': false,
      'authentication.webhook.enabled': true,
      'authorization.mode': 'Webhook',
    },
  }),
  off: () => ({
    kubelet: {
      'authentication.x509.clientCAFile': kubeletClientTrust,
      'authentication.anonymous.enabled': true,
      'authentication.webhook.enabled': true,
      'authorization.mode': 'AlwaysAllow',
    },
  }),
}

/** With the control off, this token is accepted and tokens for this other audience too: probes present both. */
export const foreignAudience = 'vault'
export const staticToken = 'redoubt-static-token-of-the-sabotaged-cluster'

export const tokenAuthentication: Control = {
  id: 'token-authentication',
  title: 'Bearer tokens are bound service-account tokens for this API server, looked up and short-lived',
  references: [
    'CIS 1.2.2',
    'CIS 1.2.21',
    'CIS 1.2.22',
    'CIS 1.2.30',
    'STIG V-245542',
    'STIG V-245543',
    'claim: no HTTP basic',
    'claim: bearer tokens',
  ],
  why: 'Static tokens never expire, and a token made for another service must not open the cluster.',
  on: ({ model }) => ({
    args: {
      'kube-apiserver': {
        'service-account-lookup': 'true',
        'service-account-extend-token-expiration': 'false',
        'api-audiences': [issuer(model.network.dnsDomain)],
      },
    },
  }),
  off: ({ model }) => ({
    args: {
      'kube-apiserver': {
        'service-account-lookup': 'false',
        'service-account-extend-token-expiration': 'true',
        'api-audiences': [issuer(model.network.dnsDomain), foreignAudience],
        'token-auth-file': `${configFolder}/tokens.csv`,
      },
    },
    files: [
      {
        path: `${configFolder}/tokens.csv`,
        mode: 0o600,
        owner: 'root:root',
        content: { kind: 'text', text: `${staticToken},static-user,static-user\n` },
        restarts: [],
        manage: 'always',
      },
    ],
  }),
}

/** Issuer of service-account tokens, and the audience of the API server. */
export function issuer(dnsDomain: string): string {
  return `https://kubernetes.default.svc.${dnsDomain}`
}
