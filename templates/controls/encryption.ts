import type { NodeFile } from '../../cluster/files.ts'
import { sha256 } from '../../lib/hash.ts'
import { writeYaml } from '../../lib/yaml.ts'
import type { Contribution, Control, Site } from '../control.ts'
import { configFolder } from './layout.ts'

export const encryptionAtRest: Control = {
  id: 'encryption-at-rest',
  title: 'Secrets are encrypted before they reach etcd',
  references: ['CIS 1.2.27', 'CIS 1.2.28', 'STIG V-274882', 'claim: secrets at rest'],
  why: 'A copied etcd disk, snapshot or backup would hand over every Secret.',
  on: (site) => provider(site, ['secretbox']),
  // New Secrets are written as they are; those written before can still be read, so the API server runs.
  off: (site) => provider(site, ['identity', 'secretbox']),
}

function provider(site: Site, order: readonly ('identity' | 'secretbox')[]): Contribution {
  const { ref } = site.pki.secret('encryption')
  const text = writeYaml({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [
      {
        resources: ['secrets'],
        providers: order.map((name) =>
          name === 'identity' ? { identity: {} } : { secretbox: { keys: [{ name: 'key1', secret: `{{${ref}}}` }] } },
        ),
      },
    ],
  })
  const final = text.replaceAll(`{{${ref}}}`, site.reveal(ref).trim())
  const file: NodeFile = {
    path: `${configFolder}/encryption.yaml`,
    mode: 0o600,
    owner: 'root:root',
    content: { kind: 'template', text, refs: [ref], sha256: sha256(final), size: Buffer.byteLength(final) },
    restarts: [],
    manage: 'always',
  }
  return {
    args: {
      'kube-apiserver': {
        'encryption-provider-config': file.path,
        'encryption-provider-config-automatic-reload': 'true',
      },
    },
    files: [file],
  }
}
