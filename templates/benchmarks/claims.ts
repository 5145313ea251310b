type Row = readonly [claim: string, proof: string]

/** The zero-trust table: each claim, and what on the running cluster proves it. */
export const claimRows: readonly Row[] = [
  [
    'TLS everywhere',
    'Every port refuses plaintext and TLS 1.1, and shows a certificate of our authority for its names',
  ],
  ['both ends authenticated', 'etcd without a certificate or with a cluster’s: refused; the kubelet without one: 401'],
  ['clients verify servers', 'A kubeconfig with a wrong authority fails; nothing skips verification'],
  [
    'client certificates, rotated',
    'Days are left on every certificate; a forced rotation changes it; expired and foreign ones: 401',
  ],
  ['no HTTP basic', 'Basic credentials: 401'],
  ['bearer tokens', 'Tampered, misdirected, expired and orphaned tokens: 401'],
  ['authenticating proxy (LDAP, SAML, Kerberos)', 'A forged X-Remote-User changes nothing'],
  ['MFA, OIDC / identity provider', 'A token without a second factor: 401, with one: accepted under a prefixed name'],
  [
    'at least two methods',
    'An identity provider’s token and a sealed certificate are accepted, each with its own audit identity',
  ],
  ['RBAC least privilege, ABAC not used', 'A matrix of who may do what, allowed and denied; escalation refused'],
  ['admission: ResourceQuota, LimitRanger, ...', 'A pod over quota: 403; limits are filled in'],
  ['configuration checked before permission is granted', 'While verify fails, the grant is absent'],
  ['audit to local files and to an external log', 'A canary’s audit id is on disk and in the sink within seconds'],
  ['log user and group ids', 'A canary under a user and group of its own appears with both'],
  ['private endpoints, firewall checklists', 'Only declared ports answer; every listener is declared'],
  ['hostile network', 'A pod cannot reach another, an allowed pair can; the metadata address is blocked'],
  ['secrets at rest', 'Every Secret in etcd is ciphertext'],
  ['minimal privileges', 'A pod has no capability and a seccomp filter; privileged ones are denied'],
  ['service-mesh mTLS', 'A plain request to a meshed service fails; an identity that is not listed: 403'],
  ['re-authorize per request', 'A revoked binding: 403 within the time of the cache'],
  ['continuous monitoring', 'A file that was tampered with is reported within the interval'],
  ['image checks', 'An image that is not of the bundle, or not by digest, is denied; what runs is of the bundle'],
  ['consistency across clusters', 'One specification renders to the same bytes; what was loaded is what was rendered'],
  ['air gap', 'Nothing outside answers from node or pod; nothing rendered names anything outside'],
  ['training, process', 'None: a matter of people, attested and never passed'],
]
