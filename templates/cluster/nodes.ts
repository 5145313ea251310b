import type { Model } from '../../cluster/model.ts'
import type { KubeObject } from '../../cluster/objects.ts'

/**
 * The role of every node as a label. Kubelets may not set these themselves (NodeRestriction), so they come last, when the
 * nodes have registered: a Node made before its kubelet would miss the kubelet's taints.
 */
export function nodeLabels(model: Model): KubeObject[] {
  return model.nodes.map((node) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: node.name, labels: { [`node-role.kubernetes.io/${node.role}`]: '' } },
    // The agent takes a node's part of the pod network from here; a bridge has it in its own configuration.
    ...(model.network.provider === 'cilium' ? { spec: { podCIDR: node.podCIDR, podCIDRs: [node.podCIDR] } } : {}),
  }))
}
