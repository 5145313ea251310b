type Row = readonly [recommendation: string, items: readonly string[]]

/**
 * What the NSA/CISA Kubernetes Hardening Guide (v1.2, August 2022) recommends, chapter by chapter, in our words. It numbers
 * nothing: each recommendation is answered by the items of the other tables that ask for the same.
 */
export const nsaRows: readonly Row[] = [
  // Pod security
  ['containers do not run as root', ['CIS 5.2.7']],
  ['a pod security standard is enforced', ['CIS 5.2.1']],
  [
    'no privileged containers, no host namespaces, no host paths',
    ['CIS 5.2.2', 'CIS 5.2.3', 'CIS 5.2.4', 'CIS 5.2.11'],
  ],
  ['no host network', ['CIS 5.2.5']],
  ['no gain of privileges', ['CIS 5.2.6']],
  ['seccomp and least capabilities', ['CIS 5.6.2', 'CIS 5.2.9']],
  ['tokens of pods are mounted where needed only', ['CIS 5.1.6']],
  ['images are from a trusted source and checked at admission', ['CIS 5.5.1', 'claim: image checks']],
  // Network separation and hardening
  ['namespaces separate', ['CIS 5.6.1']],
  ['network policies deny by default', ['CIS 5.3.1', 'CIS 5.3.2']],
  ['quotas and limits on resources', ['claim: admission: ResourceQuota, LimitRanger, ...']],
  [
    'the control plane’s ports are closed to the world',
    ['STIG V-242410', 'STIG V-242411', 'STIG V-242412', 'STIG V-242413'],
  ],
  ['etcd is reached by the API server alone, by certificate', ['CIS 2.2', 'CIS 2.7']],
  ['kubeconfigs are closed', ['CIS 1.1.13', 'CIS 4.1.5']],
  ['traffic is encrypted, TLS 1.2 or later', ['claim: TLS everywhere']],
  ['secrets are encrypted at rest', ['CIS 1.2.27', 'CIS 1.2.28']],
  ['pods do not reach the cloud’s metadata', ['claim: hostile network']],
  // Authentication and authorization
  ['requests without credentials are refused', ['CIS 1.2.1', 'CIS 4.2.1']],
  ['users authenticate strongly', ['claim: MFA, OIDC / identity provider']],
  ['RBAC with least privilege', ['CIS 1.2.8', 'CIS 5.1.1', 'CIS 5.1.3']],
  // Audit logging and threat detection
  [
    'an audit log is written, kept and sent elsewhere',
    ['CIS 3.2.1', 'claim: audit to local files and to an external log'],
  ],
  ['the policy logs what matters, with who', ['CIS 3.2.2', 'claim: log user and group ids']],
  ['someone looks at the logs', ['claim: continuous monitoring']],
  // Upgrading
  ['updates are installed promptly', ['STIG V-242443']],
  ['what is unused is removed', ['STIG V-242442']],
]
