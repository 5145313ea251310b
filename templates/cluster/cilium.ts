// Provider cilium: pods of all nodes in one vxlan, and NetworkPolicies enforced by programs in the kernel.
import { paths, ports } from '../../cluster/components.ts'
import type { Model } from '../../cluster/model.ts'
import type { KubeObject } from '../../cluster/objects.ts'
import { sha256 } from '../../lib/hash.ts'
import { ciliumRights } from './cilium-rights.ts'

const namespace = 'kube-system'
const configName = 'cilium-config'
const configFolder = '/etc/cilium'
const stateFolder = '/var/run/cilium'

/** Agent and operator, their rights and their configuration. */
export function cilium(model: Model, image: (name: 'cilium' | 'cilium-operator') => string): KubeObject[] {
  const data = configuration(model)
  const inputs = sha256(JSON.stringify(data))
  return [
    ...ciliumRights(),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: configName, namespace }, data },
    agent(model, image('cilium'), inputs),
    operator(model, image('cilium-operator'), inputs),
  ]
}

/** What agent and operator are told, by flag (Cilium v1.19 `cilium-agent --help`); all else is as upstream has it. */
function configuration({ nodes }: Model): Record<string, string> {
  return {
    'cluster-name': 'default',
    'cluster-id': '0',
    // Addresses of pods: each node's own network, as the spec and the Node object say.
    ipam: 'kubernetes',
    'k8s-require-ipv4-pod-cidr': 'true',
    'enable-ipv4': 'true',
    'enable-ipv6': 'false',
    'routing-mode': 'tunnel',
    'tunnel-protocol': 'vxlan',
    'tunnel-port': String(ports.vxlan),
    // Which of them a node has the agent finds out.
    devices: [...new Set(nodes.map((node) => node.host.interface))].sort().join(' '),
    'identity-allocation-mode': 'crd',
    'enable-policy': 'default',
    // Services of hosts stay kube-proxy's.
    'kube-proxy-replacement': 'false',
    'enable-ipv4-masquerade': 'true',
    'write-cni-conf-when-ready': `${paths.cniConfig}/05-cilium.conflist`,
    'cni-exclusive': 'false',
    'bpf-root': paths.bpf,
    'cgroup-root': `${stateFolder}/cgroupv2`,
    procfs: '/host/proc',
    // What is not used is not there: no proxy for layer 7, no flow log, no ports for debuggers, no probes between agents.
    'enable-l7-proxy': 'false',
    'enable-hubble': 'false',
    'enable-gops': 'false',
    'enable-metrics': 'false',
    'enable-health-checking': 'false',
    'enable-endpoint-health-checking': 'false',
    'agent-health-port': String(ports.ciliumHealth),
    // The operator serves metrics whatever it is told: to its own node alone.
    'operator-prometheus-serve-addr': `127.0.0.1:${ports.ciliumOperatorMetrics}`,
    'operator-api-serve-addr': `127.0.0.1:${ports.ciliumOperator}`,
    // No pod runs before the agent writes its configuration, and no taint waits for it: the operator needs to change neither.
    'unmanaged-pod-watcher-interval': '0',
    'remove-cilium-node-taints': 'false',
    'set-cilium-is-up-condition': 'false',
  }
}

/** To reach the API server without what a Service address needs: the network that is about to be made. */
function environment({ endpoint }: Model): object[] {
  return [
    { name: 'K8S_NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
    { name: 'CILIUM_K8S_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
    { name: 'KUBERNETES_SERVICE_HOST', value: endpoint.host },
    { name: 'KUBERNETES_SERVICE_PORT', value: String(endpoint.port) },
  ]
}

const config = { name: 'config', mountPath: configFolder, readOnly: true }
const configVolume = { name: 'config', configMap: { name: configName } }

function health(port: number, settings: object): object {
  return {
    httpGet: { host: '127.0.0.1', path: '/healthz', port, httpHeaders: [{ name: 'brief', value: 'true' }] },
    ...settings,
  }
}

function agent(model: Model, image: string, inputs: string): KubeObject {
  const name = 'cilium'
  const labels = { 'k8s-app': name }
  const host = (volume: string, path: string, type = 'DirectoryOrCreate') => ({
    name: volume,
    hostPath: { path, type },
  })
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace, labels },
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      template: {
        metadata: { labels, annotations: { 'redoubt.dev/inputs': `sha256:${inputs}` } },
        spec: {
          serviceAccountName: name,
          hostNetwork: true,
          priorityClassName: 'system-node-critical',
          terminationGracePeriodSeconds: 1,
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          tolerations: [{ operator: 'Exists' }],
          containers: [
            {
              name: 'cilium-agent',
              image,
              imagePullPolicy: 'Never',
              args: [`--config-dir=${configFolder}`],
              env: environment(model),
              resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '1Gi' } },
              startupProbe: health(ports.ciliumHealth, { periodSeconds: 2, failureThreshold: 150 }),
              livenessProbe: health(ports.ciliumHealth, { periodSeconds: 30, failureThreshold: 10, timeoutSeconds: 5 }),
              readinessProbe: health(ports.ciliumHealth, { periodSeconds: 5, timeoutSeconds: 5 }),
              securityContext: {
                allowPrivilegeEscalation: true,
                // Among the sources that it compiles it writes a header with what this kernel can do.
                readOnlyRootFilesystem: false,
                capabilities: { drop: ['ALL'], add: capabilities },
                seccompProfile: { type: 'RuntimeDefault' },
                // containerd's own profile forbids the mounts that SYS_ADMIN is for.
                appArmorProfile: { type: 'Unconfined' },
              },
              volumeMounts: [
                config,
                { name: 'tmp', mountPath: '/tmp' },
                { name: 'bpf', mountPath: paths.bpf },
                { name: 'run', mountPath: stateFolder, mountPropagation: 'HostToContainer' },
                { name: 'netns', mountPath: `${stateFolder}/netns`, mountPropagation: 'HostToContainer' },
                { name: 'cni', mountPath: paths.cniConfig },
                { name: 'sysctl', mountPath: '/host/proc/sys/net' },
              ],
            },
          ],
          volumes: [
            configVolume,
            { name: 'tmp', emptyDir: {} },
            // Made by the node's own unit: what is pinned there outlives the agent, and goes on judging packets.
            host('bpf', paths.bpf, 'Directory'),
            host('run', '/run/cilium'),
            host('netns', '/run/netns'),
            host('cni', paths.cniConfig, 'Directory'),
            host('sysctl', '/proc/sys/net', 'Directory'),
          ],
        },
      },
    },
  }
}

/** Networks of pods, programs in the kernel, sockets of its own; no module is loaded, no process of the host is touched. */
const capabilities = ['NET_ADMIN', 'NET_RAW', 'SYS_ADMIN', 'IPC_LOCK', 'CHOWN', 'FOWNER', 'DAC_OVERRIDE']

/** One is enough: without it running pods keep their network, and policies their effect. */
function operator(model: Model, image: string, inputs: string): KubeObject {
  const name = 'cilium-operator'
  const labels = { 'k8s-app': name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      // Its port is the node's: the old one goes first.
      strategy: { type: 'Recreate' },
      template: {
        metadata: { labels, annotations: { 'redoubt.dev/inputs': `sha256:${inputs}` } },
        spec: {
          serviceAccountName: name,
          hostNetwork: true,
          priorityClassName: 'system-cluster-critical',
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          // It runs before any node is Ready: without the definitions that it makes no agent goes on.
          tolerations: [{ operator: 'Exists', effect: 'NoSchedule' }],
          securityContext: { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532 },
          containers: [
            {
              name,
              image,
              imagePullPolicy: 'Never',
              args: [`--config-dir=${configFolder}`],
              env: environment(model),
              resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } },
              livenessProbe: health(ports.ciliumOperator, {
                initialDelaySeconds: 60,
                periodSeconds: 10,
                timeoutSeconds: 3,
              }),
              readinessProbe: health(ports.ciliumOperator, { periodSeconds: 5, timeoutSeconds: 3 }),
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ['ALL'] },
                readOnlyRootFilesystem: true,
                seccompProfile: { type: 'RuntimeDefault' },
              },
              volumeMounts: [config, { name: 'tmp', mountPath: '/tmp' }],
            },
          ],
          volumes: [configVolume, { name: 'tmp', emptyDir: {} }],
        },
      },
    },
  }
}
