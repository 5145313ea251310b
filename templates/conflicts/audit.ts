import { type Conflict, given } from './rule.ts'

const component = 'kube-apiserver'
const log = { component, flag: 'audit-log-path' } as const
const policy = { component, flag: 'audit-policy-file' } as const
const options = 'A pkg/server/options/audit.go'

/** Where the record of requests goes. */
export const audit: readonly Conflict[] = [
  {
    id: 'audit-log-without-policy',
    title: 'An audit log without a policy',
    settings: [log, policy],
    why: 'without a policy nothing is recorded: the log stays empty',
    source: `${options}, ApplyTo`,
    remedy: 'Name the policy too, as control audit-log does.',
    stops: false,
    applies: (facts) => given(facts, component, 'audit-log-path') && !given(facts, component, 'audit-policy-file'),
  },
  {
    id: 'audit-policy-without-log',
    title: 'An audit policy and nowhere to write',
    settings: [policy, log],
    why: 'with neither a log nor a webhook nothing is recorded',
    source: `${options}, ApplyTo`,
    remedy: 'Name a log or a webhook.',
    stops: false,
    applies: (facts) =>
      given(facts, component, 'audit-policy-file') &&
      !given(facts, component, 'audit-log-path') &&
      !given(facts, component, 'audit-webhook-config-file'),
  },
  {
    id: 'audit-log-outside-its-mount',
    title: 'The audit log lies outside what the host mounts',
    settings: [log, { file: 'kube-apiserver.yaml', field: 'volumeMounts' }],
    why: 'the log would be written into the container and lost with it',
    source: `${options}, ensureLogFile makes the folder wherever it is`,
    remedy: 'Choose its folder by spec.audit.logDir.',
    stops: false,
    applies: (facts) => {
      const path = facts.args[component]['audit-log-path'] ?? ''
      return path !== '' && path !== '-' && !path.startsWith(`${facts.model.places.auditFolder}/`)
    },
  },
  {
    id: 'audit-log-strict-and-disk',
    title: 'Requests wait for the audit log, and fail with it',
    settings: [{ component, flag: 'audit-log-mode' }, log],
    why: 'with blocking-strict a full disk or a missing folder makes the API server refuse every request',
    source: 'A pkg/endpoints/filters/audit.go, evaluatePolicyAndCreateAuditEvent',
    remedy: 'Use blocking or batch, and watch the disk.',
    stops: false,
    applies: (facts) =>
      facts.args[component]['audit-log-mode'] === 'blocking-strict' && given(facts, component, 'audit-log-path'),
  },
  {
    id: 'audit-webhook-strict',
    title: 'Requests wait for the audit webhook, and fail with it',
    settings: [
      { component, flag: 'audit-webhook-mode' },
      { component, flag: 'audit-webhook-config-file' },
    ],
    why: 'with blocking or blocking-strict an unreachable sink delays or refuses every request',
    source: 'A plugin/pkg/audit/webhook/webhook.go',
    remedy: 'Use batch: the log on disk holds what the sink misses.',
    stops: false,
    applies: (facts) =>
      /^blocking/.test(facts.args[component]['audit-webhook-mode'] ?? '') &&
      given(facts, component, 'audit-webhook-config-file'),
  },
  {
    id: 'audit-webhook-without-policy',
    title: 'An audit webhook without a policy',
    settings: [{ component, flag: 'audit-webhook-config-file' }, policy],
    why: 'without a policy nothing is recorded: the sink hears nothing',
    source: `${options}, ApplyTo`,
    remedy: 'Name the policy too, as control audit-log does.',
    stops: false,
    excusedBy: 'audit-log',
    applies: (facts) =>
      given(facts, component, 'audit-webhook-config-file') && !given(facts, component, 'audit-policy-file'),
  },
  {
    id: 'audit-log-never-rotates',
    title: 'The audit log never rotates',
    settings: [{ component, flag: 'audit-log-maxsize' }, log],
    why: 'a size of 0 switches rotation off: the disk fills until etcd stops',
    source: `${options}: 0 disables rotation since 1.36`,
    remedy: 'Give a size in megabytes by spec.audit.maxSize.',
    stops: false,
    applies: (facts) => facts.args[component]['audit-log-maxsize'] === '0' && given(facts, component, 'audit-log-path'),
  },
]
