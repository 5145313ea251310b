import type { Model } from '../../cluster/model.ts'
import type { KubeObject } from '../../cluster/objects.ts'
import { sha256 } from '../../lib/hash.ts'
import { clusterRoleBinding } from './rbac.ts'

const name = 'coredns'
const metadata = { name, namespace: 'kube-system' }
const labels = { 'k8s-app': 'kube-dns' }
/** Inside the pod: an unprivileged port, so that the server needs neither root nor a capability. */
const port = 1053

/** DNS of the cluster. There is no resolver outside to forward to: every other name is answered with "no such name". */
export function coredns(model: Model, image: string): KubeObject[] {
  const corefile = corefileOf(model)
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'system:coredns' },
      rules: [
        { apiGroups: [''], resources: ['services', 'namespaces', 'pods'], verbs: ['list', 'watch'] },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
      ],
    },
    clusterRoleBinding('system:coredns', 'system:coredns', { kind: 'ServiceAccount', ...metadata }),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { Corefile: corefile } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kube-dns', namespace: 'kube-system', labels },
      spec: {
        selector: labels,
        clusterIP: model.network.dnsIP,
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: port },
          { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: port },
        ],
      },
    },
    deployment(model, image, sha256(corefile)),
  ]
}

/**
 * No `cache` before the cluster's own zones: CoreDNS holds them in memory, and a denial that it kept would hide a new Service for as
 * long as `ttl` says (kubeadm’s Corefile switches it off for them too, kubernetes/kubernetes#128359).
 */
function corefileOf({ network }: Model): string {
  const block = (zones: string, lines: string[]) => `${zones} {\n${lines.map((line) => `    ${line}\n`).join('')}}\n`
  return [
    block(`${network.dnsDomain}:${port} in-addr.arpa:${port} ip6.arpa:${port}`, [
      'errors',
      'health :8080 {',
      '    lameduck 5s',
      '}',
      'ready :8181',
      `kubernetes ${network.dnsDomain} in-addr.arpa ip6.arpa {`,
      '    pods insecure',
      '    ttl 30',
      '}',
      'loadbalance',
      'reload',
    ]),
    block(`.:${port}`, ['errors', 'template ANY ANY . {', '    rcode NXDOMAIN', '}']),
  ].join('')
}

function deployment(model: Model, image: string, configHash: string): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...metadata, labels },
    spec: {
      replicas: model.nodes.length > 1 ? 2 : 1,
      selector: { matchLabels: labels },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      template: {
        metadata: { labels, annotations: { 'redoubt.dev/inputs': `sha256:${configHash}` } },
        spec: {
          serviceAccountName: name,
          priorityClassName: 'system-cluster-critical',
          dnsPolicy: 'Default',
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          tolerations: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'ScheduleAnyway',
              labelSelector: { matchLabels: labels },
            },
          ],
          securityContext: { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532 },
          containers: [
            {
              name,
              image,
              imagePullPolicy: 'Never',
              args: ['-conf', '/etc/coredns/Corefile'],
              resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
              ports: [
                { name: 'dns', containerPort: port, protocol: 'UDP' },
                { name: 'dns-tcp', containerPort: port, protocol: 'TCP' },
              ],
              livenessProbe: { httpGet: { path: '/health', port: 8080 }, failureThreshold: 5, timeoutSeconds: 5 },
              readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 2 },
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { drop: ['ALL'] },
                readOnlyRootFilesystem: true,
                seccompProfile: { type: 'RuntimeDefault' },
              },
              volumeMounts: [{ name: 'config', mountPath: '/etc/coredns', readOnly: true }],
            },
          ],
          volumes: [{ name: 'config', configMap: { name } }],
        },
      },
    },
  }
}
