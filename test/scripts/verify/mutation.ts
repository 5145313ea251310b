// The mutation score of the checks that need no cluster.
import { type KubeObject, objectName, objectPath } from '../../../cluster/objects.ts'
import { judgeContribution, knownItems } from '../../../scripts/verify/attest/judge.ts'
import { judgeObjects } from '../../../scripts/verify/attest/objects.ts'
import { renderedView } from '../../../scripts/verify/attest/rendered-view.ts'
import { controls } from '../../../templates/controls.ts'
import { type RenderInput, renderCluster } from '../../../templates/render.ts'
import { mutantsOf } from './mutants.ts'

export interface Score {
  /** How many settings were spoiled, each alone. */
  spoiled: number
  /** `CONTROL: what was spoiled`, where its control noticed nothing. */
  missed: string[]
}

/** Spoils every setting of every control, one at a time, in the rendered files, and asks the control's own check. */
export async function staticScore(input: RenderInput): Promise<Score> {
  const known = knownItems(input)
  const { trees } = renderCluster(input)
  let spoiled = 0
  const missed: string[] = []
  const count = (control: string, what: string, noticed: boolean) => {
    spoiled++
    if (!noticed) missed.push(`${control}: ${what}`)
  }
  for (const control of controls.filter((one) => one.notApplicable?.(input) === undefined)) {
    const sets = control.on(input)
    for (const [index, tree] of trees.entries()) {
      const node = input.model.nodes[index]
      if (!node) continue
      for (const { what, view } of mutantsOf(renderedView(tree, node), sets))
        count(
          control.id,
          `${what} on ${node.name}`,
          judgeContribution(view, sets, known).some((check) => check.verdict === 'fail'),
        )
    }
    for (const object of sets.objects ?? [])
      for (const [how, found] of objectMutants(object)) {
        const all = sets.objects ?? []
        const read = async (path: string) =>
          path === objectPath(object) ? found : all.find((one) => objectPath(one) === path)
        const checks = await judgeObjects('rendered', all, read)
        count(
          control.id,
          `${objectName(object)}: ${how}`,
          checks.some((check) => check.verdict === 'fail'),
        )
      }
  }
  return { spoiled, missed }
}

/** The object gone, and each of its fields beside kind and metadata with another value. */
function objectMutants(object: KubeObject): [string, unknown][] {
  const { apiVersion: _, kind: __, metadata: ___, ...fields } = object
  const changed = Object.entries(fields).map(([key, value]): [string, unknown] => [
    `another ${key}`,
    { ...object, [key]: spoilLeaf(value) },
  ])
  const added = Object.entries(fields).flatMap(([key, value]): [string, unknown][] =>
    typeof value === 'object' && !Array.isArray(value)
      ? [[`an added field in ${key}`, { ...object, [key]: { ...value, matchConditions: [{ name: 'never' }] } }]]
      : [],
  )
  return [['gone', undefined], ...changed, ...added]
}

/** The value with its first leaf changed, or an item more. */
function spoilLeaf(value: unknown): unknown {
  if (Array.isArray(value)) return [...value, 'foreign']
  if (typeof value !== 'object' || value === null) return `${String(value)}-spoiled`
  const [first] = Object.entries(value)
  return first ? { ...value, [first[0]]: spoilLeaf(first[1]) } : { foreign: true }
}
