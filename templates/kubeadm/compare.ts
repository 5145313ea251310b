/**
 * Where two static pods differ: `--FLAG` for arguments, `mount PATH` for mounts, else the dotted path below the pod, with the
 * container as `container`. Sorted; empty when they are the same to a kubelet.
 */
export function compareManifests(ours: unknown, theirs: unknown): string[] {
  const [a, b] = [flatten(ours as Pod), flatten(theirs as Pod)]
  const places = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...places].filter((place) => a[place] !== b[place]).sort()
}

interface Pod {
  metadata: Record<string, unknown>
  spec: { containers: Record<string, unknown>[]; volumes?: Volume[] } & Record<string, unknown>
}
interface Volume {
  name: string
  hostPath?: { path: string; type?: string }
}
interface Mount {
  mountPath: string
  readOnly?: boolean
}

function flatten({ metadata, spec }: Pod): Record<string, string> {
  const { containers, volumes: _, ...pod } = spec
  const { command, args: __, volumeMounts, ...container } = containers[0] ?? {}
  const flags = ((command ?? []) as string[]).slice(1).map((word): [string, string] => {
    const at = word.indexOf('=')
    return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)]
  })
  const mounts = ((volumeMounts ?? []) as Mount[]).map((mount): [string, string] => [
    `mount ${mount.mountPath}`,
    mount.readOnly ? 'read-only' : 'writable',
  ])
  return Object.fromEntries([...flags, ...mounts, ...leaves({ metadata, pod, container })])
}

function leaves(value: unknown, prefix = ''): [string, string][] {
  if (typeof value !== 'object' || value === null) return value === null ? [] : [[prefix, String(value)]]
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, prefix ? `${prefix}.${key}` : key))
}
