import type { ClusterSpec } from '../cluster/spec.ts'
import type { Contribution } from './control.ts'

export type ProfileName = ClusterSpec['spec']['profile']

/** A choice of controls and of stricter values, as data. */
export interface Profile {
  title: string
  /** Controls that it leaves out, as they look when missing, each with what upstream has instead. */
  off: Readonly<Record<string, string>>
  /** Values that win over baseline and controls; where each comes from stands beside it. */
  sets: Pick<Contribution, 'args' | 'kubelet'>
}

/**
 * `kubeadm` leaves out what `kubeadm init` of 1.36 does not set (K cmd/kubeadm/app/phases/controlplane/manifests.go,
 * app/componentconfigs/kubelet.go). What it does set stays on, and so do controls whose `off` is worse than kubeadm's default:
 * the TLS floor (1.2 by default), static tokens (none), request limits (upstream's own), loopback addresses.
 */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  hardened: { title: 'Every control', off: {}, sets: {} },
  kubeadm: {
    title: 'What kubeadm gives, to compare with',
    off: {
      'anonymous-limited': 'requests without credentials are taken everywhere',
      'pod-security': 'no standard is enforced unless a namespace has a label',
      'encryption-at-rest': 'Secrets stand in etcd as they are',
      'audit-log': 'nothing is recorded',
      'image-provenance': 'any image may run',
      'profiling-off': 'profiling is served',
      'etcd-tls': 'etcd chooses its own suites',
      'etcd-own-user': 'etcd runs as root (the gate RootlessControlPlane is alpha, and off)',
      'event-rate-limit': 'events have no limit',
      'kubelet-verification': 'the API server believes any certificate of a kubelet',
      'pod-gc': '12500 ended pods are kept',
      'kubelet-limits': 'no seccomp filter by default, no limit of processes',
      'kubelet-handlers': 'kubelets hand out /var/log',
      'namespace-quota': 'namespaces have no quota',
      'namespace-limits': 'containers have no limits by default',
      'network-policies': 'every pod reaches every pod',
      'no-default-token': 'every pod gets a token',
      'persona-roles': 'people get the roles that somebody makes',
      'external-ips': 'Services may name any external address',
      'system-masters': 'anybody who may bind may bind system:masters',
      'host-firewall': 'what listens on a node is open to the network',
      'host-sshd': 'sshd is set as the host has it',
      'secret-env': 'Secrets may be put into environments',
    },
    sets: {},
  },
  stig: {
    title: 'Every control, with stricter values',
    off: {},
    sets: {
      args: {
        // A stolen token of a pod ends within a day, whatever was asked for (zero-trust claim: re-authorize per request).
        'kube-apiserver': { 'service-account-max-token-expiration': '24h0m0s' },
        // Certificates that kubelets renew live a month (claim: client certificates, rotated).
        'kube-controller-manager': { 'cluster-signing-duration': '720h' },
      },
      kubelet: {
        protectKernelDefaults: true, // V-242434, also where the host does not let us write them: then render refuses
        'authentication.webhook.cacheTTL': '30s', // a revoked right is gone in half a minute, not in two to five
        'authorization.webhook.cacheAuthorizedTTL': '30s',
        'authorization.webhook.cacheUnauthorizedTTL': '10s',
      },
    },
  },
}
