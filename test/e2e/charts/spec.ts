// What a platform engineer writes: redoubt.yaml, the values that charts are installed with, and resources for the operators.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeYaml } from '../../../lib/yaml.ts'
import { findHost } from '../../../scripts/lab/table.ts'
import { type ImageName, images } from './images.ts'
import { registry, repository, served, workspace } from './places.ts'

/** What operators start, and nobody runs directly. */
export const operands: readonly ImageName[] = [
  'docker.io/library/busybox:1.35',
  'quay.io/prometheus/alertmanager:v0.28.1',
  'quay.io/prometheus-operator/prometheus-config-reloader:v0.85.0',
]

/** By name, the digest that `bundle images` says. */
export type Digests = ReadonlyMap<string, string>

/** Writes redoubt.yaml. `left` are images that somebody forgot. */
export async function writeSpec(left: readonly string[]): Promise<void> {
  const node = (name: string, role: string) => ({ name, role, address: findHost(name).address })
  const mirror = (host: string) => ({ host, mirrors: [`${registry}/${host.replace(/:.*/, '')}`] })
  const spec = {
    kubernetes: 'v1.36.3',
    nodes: [node('cp1', 'control-plane'), node('w1', 'worker')],
    namespaces: [
      { name: 'alerting' },
      { name: 'greetings' },
      { name: 'storage', podSecurity: { level: 'privileged', reason: 'helper pods make folders on the nodes' } },
    ],
    access: [{ persona: 'operator', groups: ['team'], namespaces: ['greetings'] }],
    bundle: {
      serve: served,
      images: Object.keys(images).filter((name) => !left.includes(name)),
      charts: [
        { oci: 'oci://registry.example.internal:5000/charts/alerting:0.1.0', values: 'alerting.yaml' },
        { oci: 'oci://registry.example.internal:5000/charts/greetings:0.1.0', values: 'greetings.yaml' },
        {
          repository: `http://${repository}`,
          name: 'local-path-provisioner',
          version: '0.0.30',
          values: 'storage.yaml',
        },
      ],
      manifests: ['resources'],
      files: ['helm', 'alerting.yaml', 'greetings.yaml', 'storage.yaml'].map((path) => ({
        name: path.replace('.', '-'),
        path,
      })),
      notImages: [
        {
          image: 'quay.io/prometheus/alertmanager',
          reason: 'a repository: the operator adds the version of the Alertmanager',
        },
      ],
      registries: [
        ...['quay.io', 'docker.io', 'registry.example.internal:5000'].map(mirror),
        { host: registry, plainHttp: true },
        { host: repository, plainHttp: true },
      ],
    },
  }
  const whole = { apiVersion: 'redoubt.dev/v1alpha1', kind: 'Cluster', metadata: { name: 'lab' }, spec }
  await writeFile(join(workspace, 'redoubt.yaml'), writeYaml(whole))
}

/** Values and resources; with digests as far as they are known. */
export async function writeValues(digests: Digests): Promise<void> {
  const digest = (name: ImageName) => digests.get(name) ?? ''
  const hex = (name: ImageName) => digest(name).replace('sha256:', '')
  const pinned = (name: ImageName) => (digest(name) ? `${name}@${digest(name)}` : name)
  const tag = (name: ImageName) => pinned(name).replace(/^[^:]*:/, '')
  const greeter = digest('registry.example.internal:5000/team/greeter:0.1.0')
  const confined = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  }
  const values = {
    'alerting.yaml': {
      image: { sha: hex('quay.io/prometheus-operator/prometheus-operator:v0.85.0') },
      configReloader: { image: { sha: hex('quay.io/prometheus-operator/prometheus-config-reloader:v0.85.0') } },
    },
    'greetings.yaml': {
      image: { digest: digest('registry.example.internal:5000/team/greeter-operator:0.1.0') },
      greeter: { image: { digest: greeter } },
      page: { image: { digest: greeter } },
    },
    // This chart knows no digests: they go behind the tag.
    'storage.yaml': {
      image: { tag: tag('docker.io/rancher/local-path-provisioner:v0.0.30') },
      helperImage: { tag: tag('docker.io/library/busybox:1.35') },
      podSecurityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      securityContext: confined,
    },
  }
  for (const [name, value] of Object.entries(values)) await writeFile(join(workspace, name), writeYaml(value))
  const namespaced = (kind: string, apiVersion: string, name: string, namespace: string, spec: object) =>
    writeYaml({ apiVersion, kind, metadata: { name, namespace }, spec })
  const user = { runAsNonRoot: true, runAsUser: 65534, fsGroup: 65534, seccompProfile: { type: 'RuntimeDefault' } }
  const claim = {
    storageClassName: 'local-path',
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '10Mi' } },
  }
  const writer = {
    securityContext: user,
    automountServiceAccountToken: false,
    containers: [
      {
        name: 'writer',
        image: pinned('docker.io/library/busybox:1.35'),
        command: ['sh', '-c', 'echo kept > /data/file && exec sleep 100000'],
        securityContext: confined,
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
    ],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
  }
  const resources = {
    'alertmanager.yaml': namespaced('Alertmanager', 'monitoring.coreos.com/v1', 'main', 'alerting', {
      replicas: 1,
      version: 'v0.28.1',
      image: pinned('quay.io/prometheus/alertmanager:v0.28.1'),
      securityContext: user,
      resources: { requests: { memory: '64Mi' }, limits: { memory: '256Mi' } },
    }),
    'greeting.yaml': namespaced('Greeting', 'greetings.redoubt.test/v1', 'hello', 'greetings', { text: 'hello' }),
    'claim.yaml': `${namespaced('PersistentVolumeClaim', 'v1', 'data', 'greetings', claim)}---\n${namespaced('Pod', 'v1', 'writer', 'greetings', writer)}`,
  }
  await mkdir(join(workspace, 'resources'), { recursive: true })
  for (const [name, text] of Object.entries(resources)) await writeFile(join(workspace, 'resources', name), text)
}
