import { type LoadedSpec, parseSpec } from '../../cluster/spec.ts'

/** A cluster of one node with further lines below `spec`, the first of them line 7. Throws as parseSpec does. */
export function specWith(lines: string): LoadedSpec {
  const head = `apiVersion: redoubt.dev/v1alpha1
kind: Cluster
metadata: {name: lab}
spec:
  kubernetes: v1.36.3
  nodes: [{name: cp1, role: control-plane, address: 10.77.0.11}]
`
  return parseSpec(head + lines, 'redoubt.yaml')
}
