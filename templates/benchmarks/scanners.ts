/** A finding that a flag or file scanner reports although the cluster is right. */
export interface FalseFinding {
  /** What the scanners call it. */
  findings: readonly string[]
  /** What the scanner looks at. */
  reads: string
  /** Why that is no finding here. */
  because: string
  /** The live proof. */
  probes: readonly string[]
}

/** False findings, for `redoubt controls --why-not`. Where the CIS and STIG ids stand together, one check covers both. */
export const falseFindings: readonly FalseFinding[] = [
  {
    findings: ['CIS 1.2.1', 'STIG V-242390', 'CKV_K8S_68'],
    reads: 'the argument `--anonymous-auth=false` of kube-apiserver',
    because:
      'Requests without credentials are limited by the AuthenticationConfiguration (`--authentication-config`) to exactly /livez, /readyz and /healthz. Giving the flag as well makes the API server refuse to start. Closing those three paths too would make the kubelet restart the API server for ever: its probes carry no credentials.',
    probes: ['anonymous'],
  },
  {
    findings: ['CIS 1.2.6', 'CIS 1.2.7', 'CIS 1.2.8', 'STIG V-242382', 'CKV_K8S_74', 'CKV_K8S_75', 'CKV_K8S_77'],
    reads: 'the argument `--authorization-mode` of the first process whose command line has the word kube-apiserver',
    because:
      'This cluster has `--authorization-mode=Node,RBAC`, once; a scanner that misses it read another process, or a node that is no control plane. With an AuthorizationConfiguration the flag must be absent, and the scanner is wrong again. Who may do what is seen by asking.',
    probes: ['rbac-pair', 'rbac-namespace', 'node-restriction'],
  },
  {
    findings: ['CIS 1.2.11', 'CKV_K8S_80'],
    reads: '`AlwaysPullImages` in `--enable-admission-plugins`',
    because:
      'The plugin makes every start of a pod ask a registry; across an air gap there is none, and no pod would start. Its purpose, that a cached image is not run by whoever knows its name, is met by admitting images of the bundle only, by digest.',
    probes: ['image-policy', 'image-digests'],
  },
  {
    findings: ['CKV_K8S_81'],
    reads: '`SecurityContextDeny` or `PodSecurityPolicy` in `--enable-admission-plugins`',
    because:
      'SecurityContextDeny was removed in 1.30 and PodSecurityPolicy in 1.25: an API server that is told to use either does not start. PodSecurity with the restricted standard is their successor.',
    probes: ['pod-security'],
  },
  {
    findings: ['CKV_K8S_84'],
    reads: '`PodSecurityPolicy` in `--enable-admission-plugins`',
    because:
      'The plugin was removed in 1.25: an API server that is told to use it does not start. PodSecurity with the restricted standard is its successor.',
    probes: ['pod-security'],
  },
  {
    findings: ['CKV_K8S_88'],
    reads: 'the argument `--insecure-port=0` of kube-apiserver',
    because:
      'The flag was removed in 1.24, and the port with it: an API server that is given the flag does not start. What listens is compared with what may.',
    probes: ['apiserver-plaintext', 'listeners'],
  },
  {
    findings: ['CIS 1.1.19', 'STIG V-242451'],
    reads: 'that every file below `/etc/kubernetes/pki` is owned by root:root',
    because:
      'etcd runs as a user of its own (CIS 1.1.12, STIG V-242445) and reads two keys there, `etcd/server.key` and `etcd/peer.key`: those are owned by etcd, mode 0600, and everything else is root’s. etcd without them would have to be root again. Neither nobody nor etcd can read any other key.',
    probes: ['etcd-files', 'files-closed'],
  },
  {
    findings: ['CIS 2.7'],
    reads: 'that etcd has a `--trusted-ca-file`, whichever; then it warns that a person must look',
    because:
      'etcd’s authority signs for etcd alone, and no other trust file of the cluster shares a root with it. A certificate of the cluster’s own authority is refused by etcd; a scanner that sees a path cannot know that.',
    probes: ['etcd-cluster-certificate'],
  },
  {
    findings: ['CIS 5.5.1'],
    reads: '`ImagePolicyWebhook` in `--enable-admission-plugins`',
    because:
      'A webhook is one more service that must answer before any pod starts, its own too. A ValidatingAdmissionPolicy inside the API server holds the same line: images of the signed bundle, by digest.',
    probes: ['image-policy', 'image-digests'],
  },
  {
    findings: ['CIS 5.2.2', 'CIS 5.2.5', 'CIS 5.2.11', 'CKV_K8S_16', 'CKV_K8S_19'],
    reads: '`privileged`, `hostNetwork` or `hostPath` in any pod of the cluster, or in manifests',
    because:
      'kube-system alone is exempt from the restricted standard: kube-proxy writes the host’s packet rules, and the control plane is what these fields exist for. In every other namespace such a pod is refused unless the namespace itself says otherwise.',
    probes: ['pod-security'],
  },
]
