import { paths } from '../../cluster/components.ts'
import type { Control } from '../control.ts'
import { kubeconfig } from '../node/kubeconfig.ts'
import { configText } from './layout.ts'

/** What the API server shows to other servers: the sink believes front-proxy-ca, and nothing else signs with that. */
const client = `${paths.pki}/front-proxy-client`

export const auditWebhook: Control = {
  id: 'audit-webhook',
  title: 'Every event of the audit log also goes to a sink outside of the cluster within seconds',
  references: ['claim: audit to local files and to an external log'],
  why: 'Who takes a control plane over can rewrite the log on its disk, not what has left it.',
  notApplicable: ({ model }) =>
    model.spec.audit.webhook ? undefined : 'the spec names no sink of audit events (audit.webhook)',
  on: ({ model, authorities }) => {
    const { webhook } = model.spec.audit
    if (!webhook) return {}
    const file = configText(
      'audit-webhook.yaml',
      kubeconfig({
        cluster: 'audit-sink',
        user: 'kube-apiserver',
        server: webhook.url,
        ca: authorities(webhook.ca),
        certificate: { path: `${client}.crt` },
        key: `${client}.key`,
      }),
    )
    return {
      args: {
        'kube-apiserver': {
          'audit-webhook-config-file': file.path,
          // No request waits for the sink; what it misses still stands on disk.
          'audit-webhook-mode': 'batch',
          'audit-webhook-batch-max-wait': '5s',
        },
      },
      files: [file],
    }
  },
  off: () => ({}),
}
