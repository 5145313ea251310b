import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { endpointHost } from '../cluster/model.ts'
import type { ClusterSpec } from '../cluster/spec.ts'
import { writeYaml } from '../lib/yaml.ts'
import { privatePem } from './issue.ts'
import { generateKey, keyKinds } from './keys.ts'
import { parsePrivateKey } from './store.ts'

/**
 * Secrets that cannot be made again: without the first all tokens are void, without the second etcd's Secrets are unreadable; the
 * third signs evidence, and a successor would look like a forger.
 */
export const secretFiles = {
  'service-account': 'service-account.key',
  encryption: 'encryption.key',
  evidence: 'evidence.key',
} as const
export type SecretName = keyof typeof secretFiles

/**
 * A new secret. Service-account tokens are signed with a key as leaves have: API server and controller manager take RSA or ECDSA
 * (K pkg/serviceaccount/jwt.go: RS256, ES256, ES384). The encryption key is 32 random bytes in base64, as secretbox wants them. Evidence is
 * signed with Ed25519 (RFC 8032), as bundles are.
 */
export async function makeSecret(name: SecretName, spec: ClusterSpec): Promise<string> {
  switch (name) {
    case 'service-account':
      return privatePem(await generateKey(keyKinds[spec.spec.pki.keys].leaves))
    case 'encryption':
      return `${randomBytes(32).toString('base64')}\n`
    case 'evidence':
      return privatePem(generateKeyPairSync('ed25519').privateKey)
  }
}

/** The public half of a private key, PEM. */
export function publicHalf(privateText: string, file: string): string {
  return createPublicKey(parsePrivateKey(privateText, file)).export({ type: 'spki', format: 'pem' }).toString()
}

/** The API server's EncryptionConfiguration: secretbox writes, identity still reads what was stored before. */
export function encryptionConfig(key: string): string {
  return writeYaml({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [
      {
        resources: ['secrets'],
        providers: [{ secretbox: { keys: [{ name: 'key-1', secret: key.trim() }] } }, { identity: {} }],
      },
    ],
  })
}

/** A kubeconfig that holds everything, also the key: for the operator's kubectl. */
export function operatorKubeconfig(
  spec: ClusterSpec,
  files: { trust: string; certificate: string; key: string },
): string {
  const { name } = spec.metadata
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  return writeYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server: `https://${endpointHost(spec)}:${spec.spec.apiServer.port}`,
          'certificate-authority-data': base64(files.trust),
        },
      },
    ],
    users: [
      {
        name: 'admin',
        user: { 'client-certificate-data': base64(files.certificate), 'client-key-data': base64(files.key) },
      },
    ],
    contexts: [{ name: `admin@${name}`, context: { cluster: name, user: 'admin' } }],
    'current-context': `admin@${name}`,
  })
}
