import { sha256 } from '../../lib/hash.ts'
import { writeYaml } from '../../lib/yaml.ts'
import type { Control } from '../control.ts'
import { configFolder } from './layout.ts'

const path = `${configFolder}/encryption.yaml`

const args = {
  'kube-apiserver': { 'encryption-provider-config': path, 'encryption-provider-config-automatic-reload': 'true' },
}

const file = { path, mode: 0o600, owner: 'root:root', restarts: [], manage: 'always' } as const

export const encryptionAtRest: Control = {
  id: 'encryption-at-rest',
  title: 'Secrets are encrypted before they reach etcd',
  references: ['CIS 1.2.27', 'CIS 1.2.28', 'STIG V-274882', 'claim: secrets at rest'],
  why: 'A copied etcd disk, snapshot or backup would hand over every Secret.',
  on: ({ pki }) => {
    const secret = pki.secret('encryption-config')
    return { args, files: [{ ...file, restarts: [], content: { kind: 'secret', ...secret } }] }
  },
  // New Secrets are written as they are; those written before can still be read, so the API server runs.
  off: ({ pki, reveal }) => {
    const { ref } = pki.secret('encryption')
    const text = writeYaml({
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'EncryptionConfiguration',
      resources: [
        {
          resources: ['secrets'],
          providers: [{ identity: {} }, { secretbox: { keys: [{ name: 'key-1', secret: `{{${ref}}}` }] } }],
        },
      ],
    })
    const final = text.replaceAll(`{{${ref}}}`, reveal(ref).trim())
    const content = {
      kind: 'template' as const,
      text,
      refs: [ref],
      sha256: sha256(final),
      size: Buffer.byteLength(final),
    }
    return { args, files: [{ ...file, restarts: [], content }] }
  },
}
