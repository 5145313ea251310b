import { paths } from '../../cluster/components.ts'
import type { Control } from '../control.ts'
import { trustPaths } from '../node/control-plane-files.ts'
import { configFile } from './layout.ts'

const { pki } = paths

export const admissionPlugins: Control = {
  id: 'admission-plugins',
  title: 'The admission plugins that others rely on are on: accounts, quotas, limits, webhooks, namespaces that end',
  references: [
    'CIS 1.2.10',
    'CIS 1.2.12',
    'CIS 1.2.13',
    'STIG V-242436',
    'claim: admission: ResourceQuota, LimitRanger, ...',
  ],
  why: 'A plugin that is off is a policy that everybody believes in and nobody keeps.',
  on: () => ({
    args: {
      'kube-apiserver': {
        'enable-admission-plugins': [
          'NamespaceLifecycle',
          'ServiceAccount',
          'LimitRanger',
          'ResourceQuota',
          'ValidatingAdmissionPolicy',
          'ValidatingAdmissionWebhook',
        ],
      },
    },
  }),
  off: () => ({
    args: { 'kube-apiserver': { 'disable-admission-plugins': ['ServiceAccount', 'LimitRanger', 'ResourceQuota'] } },
  }),
}

/** Requests a second and at once (token buckets): of all events, and of each namespace's. */
const eventLimits = [
  { type: 'Server', qps: 500, burst: 5000 },
  { type: 'Namespace', qps: 10, burst: 100, cacheSize: 2000 },
]

export const eventRateLimit: Control = {
  id: 'event-rate-limit',
  title: 'One namespace cannot flood the API server with events',
  references: ['CIS 1.2.9'],
  why: 'Events are written by whatever runs in pods; a flood of them fills etcd and starves the other requests.',
  on: () => ({
    args: { 'kube-apiserver': { 'enable-admission-plugins': ['EventRateLimit'] } },
    files: [
      configFile('event-rate-limit.yaml', {
        apiVersion: 'eventratelimit.admission.k8s.io/v1alpha1',
        kind: 'Configuration',
        limits: eventLimits,
      }),
    ],
  }),
  off: () => ({}),
}

export const requestLimits: Control = {
  id: 'request-limits',
  title: 'Requests end after a minute, and only so many are served at once',
  references: ['CIS 1.2.20', 'STIG V-242438'],
  why: 'Slow and many requests are the cheapest way to take an API server down.',
  on: () => ({
    args: {
      'kube-apiserver': {
        'request-timeout': '1m0s',
        'max-requests-inflight': '400',
        'max-mutating-requests-inflight': '200',
      },
    },
  }),
  off: () => ({ args: { 'kube-apiserver': { 'request-timeout': '10h0m0s' } } }),
}

export const kubeletVerification: Control = {
  id: 'kubelet-verification',
  title: 'The API server shows kubelets its certificate and believes only those of the kubelet authority',
  references: [
    'CIS 1.2.4',
    'CIS 1.2.5',
    'STIG V-245544',
    'claim: both ends authenticated',
    'claim: clients verify servers',
  ],
  why: 'Logs, exec and port-forward go through this connection: who can sit on it reads and writes them.',
  on: () => ({
    args: {
      'kube-apiserver': {
        'kubelet-certificate-authority': trustPaths.kubeletServers,
        'kubelet-client-certificate': `${pki}/apiserver-kubelet-client.crt`,
        'kubelet-client-key': `${pki}/apiserver-kubelet-client.key`,
      },
    },
  }),
  // Without an authority it believes every certificate.
  off: () => ({
    args: {
      'kube-apiserver': {
        'kubelet-client-certificate': `${pki}/apiserver-kubelet-client.crt`,
        'kubelet-client-key': `${pki}/apiserver-kubelet-client.key`,
      },
    },
  }),
}

export const frontProxyTrust: Control = {
  id: 'front-proxy-trust',
  title: 'Names in request headers count only from the one front proxy, by a certificate of its own authority',
  references: ['claim: authenticating proxy (LDAP, SAML, Kerberos)'],
  why: 'Whoever may set X-Remote-User is whoever he likes.',
  on: () => ({ args: { 'kube-apiserver': { 'requestheader-allowed-names': ['front-proxy-client'] } } }),
  // No names: every certificate of the front proxies' authority may.
  off: () => ({}),
}

export const noAlphaFeatures: Control = {
  id: 'no-alpha-features',
  title: 'Nothing that upstream calls alpha is on',
  references: ['STIG V-242400'],
  why: 'Alpha features may change or go with any release, and nobody has attacked them yet.',
  on: () => ({
    args: { 'kube-apiserver': { 'runtime-config': ['api/alpha=false'], 'feature-gates': ['AllAlpha=false'] } },
  }),
  off: () => ({ args: { 'kube-apiserver': { 'runtime-config': ['api/alpha=true'] } } }),
}
