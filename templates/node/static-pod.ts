import { paths } from '../../cluster/components.ts'
import { describeTree, type NodeFile, type SystemUser } from '../../cluster/files.ts'
import { sha256 } from '../../lib/hash.ts'
import { writeYaml } from '../../lib/yaml.ts'
import { textFile } from './file.ts'

interface Probe {
  path: string
  port: number
  host: string
  scheme: 'HTTP' | 'HTTPS'
}

export interface StaticPod {
  name: string
  image: string
  args: string[]
  cpu: string
  memory?: string
  annotations?: Record<string, string>
  /** Paths of files (or of folders, ending in `/`) that the process reads only when it starts. */
  inputs: readonly string[]
  /** Without one it is root, without capabilities. */
  user?: SystemUser | undefined
  mounts: readonly { name: string; path: string; readOnly: boolean; file?: boolean }[]
  startup: Probe
  liveness: Probe
  readiness: Probe
}

/**
 * A static pod's manifest, as kubeadm writes them. `files` is the node's tree: what of it the process reads only at its
 * start is hashed into an annotation, so that a change makes the kubelet start the pod anew.
 */
export function staticPod(pod: StaticPod, files: readonly NodeFile[]): NodeFile {
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      namespace: 'kube-system',
      labels: { component: pod.name, tier: 'control-plane' },
      annotations: { ...pod.annotations, 'redoubt.dev/inputs': inputsHash(pod.inputs, files) },
    },
    spec: {
      containers: [
        {
          name: pod.name,
          image: pod.image,
          // Imported from the bundle before the manifest is placed; there is no registry to ask.
          imagePullPolicy: 'Never',
          command: [pod.name, ...pod.args],
          resources: { requests: { cpu: pod.cpu, ...(pod.memory ? { memory: pod.memory } : {}) } },
          startupProbe: probe(pod.startup, { failureThreshold: 240, periodSeconds: 1, timeoutSeconds: 15 }),
          livenessProbe: probe(pod.liveness, { failureThreshold: 8, periodSeconds: 10, timeoutSeconds: 15 }),
          readinessProbe: probe(pod.readiness, { failureThreshold: 3, periodSeconds: 1, timeoutSeconds: 15 }),
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          volumeMounts: pod.mounts.map(({ name, path, readOnly }) => ({ name, mountPath: path, readOnly })),
        },
      ],
      hostNetwork: true,
      priority: 2000001000,
      priorityClassName: 'system-node-critical',
      securityContext: {
        seccompProfile: { type: 'RuntimeDefault' },
        ...(pod.user ? { runAsNonRoot: true, runAsUser: pod.user.uid, runAsGroup: pod.user.gid } : {}),
      },
      volumes: pod.mounts.map(({ name, path, file }) => ({
        name,
        hostPath: { path, type: file ? 'File' : 'Directory' },
      })),
    },
  }
  return textFile(`${paths.manifests}/${pod.name}.yaml`, writeYaml(manifest))
}

function probe(target: Probe, timing: Record<string, number>) {
  return { httpGet: target, ...timing }
}

/** One hash over path and contents of every input. Throws when an input is not in the tree: its change would go unseen. */
function inputsHash(inputs: readonly string[], files: readonly NodeFile[]): string {
  const entries = describeTree({ node: '', users: [], folders: [], files: [...files], images: [] }).files
  const matched = inputs.flatMap((input) => {
    const found = entries.filter((entry) => (input.endsWith('/') ? entry.path.startsWith(input) : entry.path === input))
    if (found.length === 0) throw new Error(`no file ${input} in the tree`)
    return found
  })
  const lines = matched.map((entry) => `${entry.sha256}  ${entry.path}\n`).sort()
  return `sha256:${sha256(lines.join(''))}`
}
