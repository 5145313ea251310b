import { writeYaml } from '../../lib/yaml.ts'

interface Kubeconfig {
  cluster: string
  user: string
  server: string
  /** PEM of what the server's certificate is checked against. */
  ca: string
  /** PEM to embed (kubeadm renews what is embedded), or a path (read again when it changes). */
  certificate: { pem: string } | { path: string }
  /** Path of the key: rendered files hold none. */
  key: string
}

/** A kubeconfig with one user. */
export function kubeconfig({ cluster, user, server, ca, certificate, key }: Kubeconfig): string {
  const context = `${user}@${cluster}`
  return writeYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: cluster, cluster: { server, 'certificate-authority-data': base64(ca) } }],
    users: [
      {
        name: user,
        user: {
          ...('pem' in certificate
            ? { 'client-certificate-data': base64(certificate.pem) }
            : { 'client-certificate': certificate.path }),
          'client-key': key,
        },
      },
    ],
    contexts: [{ name: context, context: { cluster, user } }],
    'current-context': context,
    preferences: {},
  })
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
