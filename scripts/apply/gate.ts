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

/** Hours that evidence counts from its begin: what was seen the day before says little about the cluster of today. */
const mostAge = 24

/** What evidence must be of. */
interface Against {
  cluster: string
  /** SHA-256 of rendered/, as evidence has it. */
  rendered: string
  /** When the cluster began (RFC 3339). */
  born: string | undefined
  now: Date
}

/**
 * Why the gate is closed; undefined when it is open. `born` is when the cluster began (RFC 3339). Never throws: evidence that
 * cannot be read opens nothing.
 */
export async function closedGate(
  { evidence, rendered, keys }: Workspace,
  cluster: string,
  born: string | undefined,
  now: Date,
): Promise<string | undefined> {
  try {
    const run = await findRun(evidence, 'latest')
    const { problems } = await checkRun(run, await loadEvidenceKey(keys))
    if (problems.length > 0) return `the evidence ${run} is not as it was signed: ${problems[0]}`
    return flawOf(await readRun(run), { cluster, rendered: await folderDigest(rendered), born, now })
  } catch (error) {
    return messageOf(error)
  }
}

/**
 * Why evidence grants nothing: it must be whole, of this cluster, of this very rendering with every control on and nothing forced, of the
 * last 24 hours, and nothing in it failed or stayed unknown.
 */
export function flawOf(evidence: Evidence, { cluster, rendered, born, now }: Against): string | undefined {
  if (evidence.cluster !== cluster) return `the last verify was of cluster ${evidence.cluster}`
  const [started, finished] = [Date.parse(evidence.started), Date.parse(evidence.finished)]
  // Each comparison is also false for what is no time at all.
  if (!(started > Date.parse(born ?? ''))) return 'this cluster was not verified yet'
  if (!(finished <= now.getTime())) return `the last verify lies in the future (${evidence.finished})`
  if (!(started <= finished)) return 'the last verify ended before it began'
  if (!(now.getTime() - started <= mostAge * 3_600_000)) return `the last verify is more than ${mostAge} hours old`
  if (!evidence.complete) return 'the last verify is not complete'
  if (evidence.inputs.rendered !== rendered) return 'this rendering was not verified yet'
  if (evidence.off.length > 0) return `it was rendered without ${evidence.off.join(', ')}`
  if (evidence.forced.length > 0) return `it was forced past the controls: ${evidence.forced.join(', ')}`
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
export async function dueGroups(apply: Apply, exists: boolean): Promise<Due> {
  const { objects, context, model, api } = apply
  const grants = objects.find((group) => group.name === grantGroup)
  if (!grants) return { groups: objects }
  const system = exists ? await api.admin.get<Born>('/api/v1/namespaces/kube-system') : undefined
  const born = system?.metadata.creationTimestamp
  const why = changedSince(apply) ?? (await closedGate(context.workspace, model.name, born, context.now()))
  if (why === undefined) return { groups: objects }
  const narrowed = exists ? await Promise.all(grants.objects.map((object) => narrow(api.admin, object))) : []
  const kept = narrowed.filter((object) => object !== undefined)
  const count = grants.objects.filter((object) => !kept.some((one) => isSame(one, object))).length
  const groups = objects.map((group) => (group === grants ? { ...group, objects: kept } : group))
  return { groups, ...(count > 0 ? { waiting: { why, count } } : {}) }
}

/** Evidence is older than what this apply does to nodes, and says nothing about it. */
function changedSince({ actions }: Apply): string | undefined {
  const nodes = [...new Set(actions.map(({ node }) => node))].filter((node) => node !== 'cluster')
  return nodes.length > 0 ? `this apply changes ${nodes.join(', ')}, which was not verified since` : undefined
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
