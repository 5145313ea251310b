import type { Model } from '../../cluster/model.ts'

export interface Duty {
  title: string
  who: string
  often: string
  /** What must be on file afterwards. */
  record: string
  /** What is done, and why, for this cluster: Markdown, one paragraph. */
  text(model: Model): string
}

const names = (nodes: readonly { name: string }[]) => nodes.map((node) => `\`${node.name}\``).join(', ')

/** What only people can do. Each answers items that no setting can meet; the runbook is made of them. */
export const duties = {
  people: {
    title: 'People come as themselves',
    who: 'whoever administers access',
    often: 'at every joining, change of task and leaving; all grants once a quarter',
    record: 'who has which role, who granted it, and the date of the last review',
    text: ({ name }) =>
      `Nobody is handed a client certificate or the token of a service account to work on ${name}: a certificate cannot be revoked before it ends, and the audit log shows the account, not the person who used its token. Bind roles to groups of the identity provider, never to single names, and never the group system:masters. At the review, list every binding (\`kubectl get clusterrolebindings,rolebindings -A -o wide\`), ask the owner of each whether it is still needed, and remove what nobody claims.`,
  },
  namespaces: {
    title: 'Each team and each level of sensitivity has its namespace',
    who: 'whoever administers the cluster, with the owners of the workloads',
    often: 'before a workload arrives; the list once a quarter',
    record: 'the list of namespaces: owner, purpose, sensitivity',
    text: ({ name }) =>
      `Workloads of ${name} that different people administer, or whose data differ in sensitivity, never share a namespace. \`default\` and \`kube-public\` stay empty, and \`kube-system\`, \`kube-node-lease\` and \`redoubt-verify\` hold nothing of users: kube-system is exempt from the pod security standard. \`kubectl get all -n default\` shows the Service \`kubernetes\` and nothing else.`,
  },
  secrets: {
    title: 'Secrets: what is one, who owns it, where it lives',
    who: 'the owners of the workloads, with the security officer',
    often: 'before a workload arrives; rotation as each secret’s owner decided',
    record: 'for every secret: owner, purpose, when it was last changed, and whether it may live in the cluster',
    text: ({ name }) =>
      `Passwords, tokens and keys of workloads on ${name} stand in Secret objects or in a store outside the cluster; never in ConfigMaps, images, arguments or the workspace. Secrets are encrypted in etcd, but who may read Secrets of a namespace, or create a pod in it, reads them. Where that is too many people, keep the secret in a store outside that the isolated network offers, and write down why or why not. Change a secret when someone who knew it leaves.`,
  },
  sshd: {
    title: 'sshd on workers runs for a reason',
    who: 'the operator, with the security officer',
    often: 'once, and after every window of work where sshd is stopped between them',
    record: 'the decision that sshd stays on workers, or the times between which it ran',
    text: ({ workers }) =>
      `The STIG wants no sshd on workers. Here they are installed, changed and attacked over it: \`apply\`, \`drift\` and \`verify\` have no other way in, and no agent listens instead. The control host-sshd takes keys alone, over strong algorithms, and probes show it. Either accept this in writing, or stop it between windows of work (\`systemctl disable --now ssh.service\` from the console${workers.length > 0 ? ` of ${names(workers)}` : ''}); then what verify says of those nodes is not evaluated, and that counts as an alarm.`,
  },
  updates: {
    title: 'Updates cross the gap in time',
    who: 'the platform engineer on the connected side; the operator inside',
    often: 'advisories weekly; a security release within the period that your authority sets; patch releases monthly',
    record: 'each advisory with a decision and its date; each bundle with its version and digest',
    text: ({ name, version }) =>
      `${name} runs Kubernetes ${version}. On the connected side, follow the advisories of Kubernetes, etcd, containerd, runc, CoreDNS and of the hosts’ distribution. Decide for each whether it concerns this cluster. Build a bundle, carry it over, \`redoubt bundle verify\`, \`render\`, read the difference, \`apply --dry-run\`, \`apply\`, \`verify\`. The hosts’ own packages are outside the bundle: their updates come by the way that your hosts have for them.`,
  },
  monitoring: {
    title: 'The cluster is attacked on a schedule',
    who: 'the operator; the security officer reads',
    often: 'once a day, and after every apply',
    record: 'every `evidence/results.json`, and what was done about each failure',
    text: ({ name, nodes }) =>
      `Run \`redoubt verify\` against ${name} (${names(nodes)}) from the operator’s host on a timer, or leave \`redoubt verify --watch\` running, and make exit code 3 raise an alarm: it means that a control does not hold, or that nobody could find out. Not evaluated is an alarm too. Then run \`redoubt apply --dry-run\`: a plan that is not empty says which file or object changed since the last apply. Find out who changed it before it is put back.`,
  },
  audit: {
    title: 'Someone reads the audit log',
    who: 'the security officer, not the operator',
    often: 'weekly; at once after an alarm or the breaking of the glass',
    record: 'the date of each review, what was found, and where the logs of before are kept',
    text: ({ name, controlPlanes, spec, places }) =>
      `The API servers of ${name} (${names(controlPlanes)}) write \`${places.auditLog}\` and keep at most ${spec.audit.maxBackup} files of ${spec.audit.maxSize} MB for ${spec.audit.maxAge} days, whichever ends first: copy them away before that. Look for: users that are no person and no known component, \`system:masters\`, 401 and 403 in number, \`exec\` and \`ephemeralcontainers\`, changes of roles, bindings, admission policies and webhooks, and reads of Secrets by people. Whoever administers the nodes can change the files on them, so review the copies.`,
  },
  training: {
    title: 'Whoever holds a key knows what it opens',
    who: 'the security officer',
    often: 'before the first access; once a year',
    record: 'who was trained on what, when, by whom',
    text: ({ name }) =>
      `Operators of ${name} have read the pages on PKI, apply and verify, have once seen a rollback and an alarm on a lab (\`redoubt lab up\`), and know whom to call. Developers know the restricted pod security standard, why images go by digest, and how to ask for an image to be taken into the bundle.`,
  },
  keys: {
    title: 'Custody of the keys',
    who: 'two named custodians, neither of them alone',
    often: 'at their making; an inventory twice a year; leaves before they end',
    record: 'where each copy is, its seal, and everyone who opened it',
    text: ({ name }) =>
      `\`keys/\` of ${name} is the cluster: whoever has \`client-ca.key\` is anyone, \`etcd-ca.key\` opens the whole state, \`encryption.key\` reads its copies. Keep the workspace on an encrypted disk of the operator’s host, a sealed copy of \`keys/\` elsewhere, and \`root.key\` offline: it is needed again only for a new authority. \`bundle.key\` never crosses the gap. \`redoubt pki show\` says how many days each certificate has left; run \`pki init\` and \`apply\` at least 30 days before the first ends. docs/pki.md says what to do when a key is stolen.`,
  },
  'break-glass': {
    title: 'Breaking the glass',
    who: 'two people together: an operator and whoever the security officer names',
    often: 'in an emergency only; rehearsed once a year',
    record: 'who, when, why, the commands given, and the audit log of that time',
    text: ({ name, controlPlanes }) =>
      `When nobody can log in to ${name} otherwise, \`admin.conf\` (on ${names(controlPlanes)}, for root alone, and in \`keys/\`) is cluster-admin by a binding that can be removed. The certificate \`super-admin\` is in \`system:masters\`, which no binding can restrain and nothing revokes before it ends: it lies sealed in \`keys/\` and on no node. After its use, put the reason in the record, review the audit log of that time, and issue both anew.`,
  },
  transfer: {
    title: 'What crosses the gap',
    who: 'the platform engineer hands over; the operator receives',
    often: 'at every transfer',
    record: 'date, medium, digest of the bundle as read on both sides, both signatures',
    text: ({ name }) =>
      `Only the bundle, its lock and the specification are carried to ${name}. \`bundle.pub\` goes once, by another way than the bundles, and its digest is compared by voice or on paper. Inside, take \`redoubt\` out and check it with openssl before it is run (README), then \`redoubt bundle verify\`. A medium that was inside does not go out again unless it is wiped or stays within the same classification.`,
  },
  restore: {
    title: 'A snapshot that was never restored is none',
    who: 'the operator',
    often: 'a copy away from the nodes daily; restored on a lab twice a year',
    record: 'each copy with its digest; each rehearsal with how long it took and what was missing',
    text: ({ name, controlPlanes, places }) =>
      `apply takes a snapshot of etcd before it changes a control plane of ${name} and keeps the last five in \`/var/lib/redoubt/snapshots\` on ${names(controlPlanes)}: they are lost with the host. Data restored from one belongs to etcd’s user (\`chown -R etcd:etcd ${places.etcdData}\`, or apply). Copy one away every day, together with the workspace. A snapshot is useless without the \`encryption.key\` of its day and must be guarded as well as the cluster: what is not a Secret stands in it in the clear.`,
  },
  waivers: {
    title: 'Waivers end',
    who: 'the security officer',
    often: 'monthly, and before each expiry',
    record: 'who accepted the risk, until when, and what replaces the control meanwhile',
    text: ({ spec, name }) =>
      spec.waivers.length === 0
        ? `${name} has no waivers. Whoever wants one puts it into \`spec.waivers\` with a reason and a last day; it shows in every evidence, and past its day the control fails again.`
        : `Waived on ${name}: ${spec.waivers.map(({ control, reason, expires }) => `\`${control}\` until ${expires} (${reason})`).join('; ')}. Each shows in every evidence, and past its day the control fails again. Decide before then: mend, or accept anew.`,
  },
} as const satisfies Record<string, Duty>

export type DutyId = keyof typeof duties
