// The gate before people's rights: configuration is checked before permission is granted.
import { type KubeObject, objectPath } from '../../cluster/objects.ts'
import type { Workspace } from '../../cluster/workspace.ts'
import { messageOf } from '../../lib/errors.ts'
import { loadEvidenceKey } from '../../pki/evidence.ts'
import { grantGroup } from '../../templates/cluster/groups.ts'
import type { Api } from '../api.ts'
import { checkRun } from '../evidence/manifest.ts'
import { findRun, readRun } from '../evidence/runs.ts'
import { type Evidence, folderDigest } from '../verify/evidence.ts'
import type { Apply } from './run.ts'

/**
 * Why the gate is closed; undefined when it is open. `born` is when the cluster began (RFC 3339). Never throws: evidence that
 * cannot be read opens nothing.
 */
export async function closedGate(
  { evidence, rendered, keys }: Workspace,
  cluster: string,
  born: string | undefined,
): Promise<string | undefined> {
  try {
    const run = await findRun(evidence, 'latest')
    const { problems } = await checkRun(run, await loadEvidenceKey(keys))
    if (problems.length > 0) return `the evidence ${run} is not as it was signed: ${problems[0]}`
    return flawOf(await readRun(run), cluster, await folderDigest(rendered), born)
  } catch (error) {
    return messageOf(error)
  }
}

/** Why evidence grants nothing: it must be whole, of this cluster and of this very rendering, and nothing in it failed or stayed unknown. */
export function flawOf(
  evidence: Evidence,
  cluster: string,
  rendered: string,
  born: string | undefined,
): string | undefined {
  if (evidence.cluster !== cluster) return `the last verify was of cluster ${evidence.cluster}`
  // Also false for what is no time at all.
  if (!(Date.parse(evidence.started) > Date.parse(born ?? ''))) return 'this cluster was not verified yet'
  if (!evidence.complete) return 'the last verify asked only some probes'
  if (evidence.inputs.rendered !== rendered) return 'this rendering was not verified yet'
  if (evidence.off.length > 0) return `it was rendered without ${evidence.off.join(', ')}`
  const bad = evidence.probes.filter(({ outcome }) => outcome === 'fail' || outcome === 'not-evaluated')
  if (bad.length > 0) return `the last verify did not pass: ${bad.map(({ id }) => id).join(', ')}`
  return evidence.probes.length === 0 ? 'the last verify asked nothing' : undefined
}

interface Born {
  metadata: { creationTimestamp?: string }
}

interface Due {
  /** The groups of objects as they may be applied now. */
  groups: Apply['objects']
  /** Why people's bindings are not among them as rendered, and how many; undefined when all are. */
  waiting?: { why: string; count: number }
}

/**
 * What may be applied now. While the gate is closed, a binding of people may be narrowed and never made or widened: whoever
 * leaves the spec loses the right at once, whoever enters it waits for verify. `exists`: there is an API server to ask.
 */
export async function dueGroups({ objects, context, model, api }: Apply, exists: boolean): Promise<Due> {
  const grants = objects.find((group) => group.name === grantGroup)
  if (!grants) return { groups: objects }
  const system = exists ? await api.admin.get<Born>('/api/v1/namespaces/kube-system') : undefined
  const why = await closedGate(context.workspace, model.name, system?.metadata.creationTimestamp)
  if (why === undefined) return { groups: objects }
  const narrowed = exists ? await Promise.all(grants.objects.map((object) => narrow(api.admin, object))) : []
  const kept = narrowed.filter((object) => object !== undefined)
  const count = grants.objects.filter((object) => !kept.some((one) => isSame(one, object))).length
  const groups = objects.map((group) => (group === grants ? { ...group, objects: kept } : group))
  return { groups, ...(count > 0 ? { waiting: { why, count } } : {}) }
}

/** The binding with those subjects only that have it already; undefined when nobody has. */
async function narrow(api: Api, object: KubeObject): Promise<KubeObject | undefined> {
  const live = await api.get(objectPath(object))
  const had = subjectsOf(live).map((subject) => JSON.stringify([subject.kind, subject.name]))
  const subjects = subjectsOf(object).filter((subject) => had.includes(JSON.stringify([subject.kind, subject.name])))
  return live && { ...object, subjects }
}

function subjectsOf(object: KubeObject | undefined): { kind: string; name: string }[] {
  return Array.isArray(object?.subjects) ? object.subjects : []
}

function isSame(narrowed: KubeObject, rendered: KubeObject): boolean {
  return objectPath(narrowed) === objectPath(rendered) && subjectsOf(narrowed).length === subjectsOf(rendered).length
}
