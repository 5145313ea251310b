import * as v from 'valibot'
import { outcomes } from '../verify/probe.ts'

const outcome = v.picklist(outcomes)

/** What readers of older and newer results rely on; the whole is in docs/schema/results.schema.json. */
const resultsSchema = v.looseObject({
  apiVersion: v.literal('redoubt.dev/v1alpha1'),
  kind: v.literal('VerifyResult'),
  cluster: v.string(),
  version: v.string(),
  started: v.pipe(v.string(), v.isoTimestamp()),
  finished: v.pipe(v.string(), v.isoTimestamp()),
  complete: v.boolean(),
  controls: v.array(v.looseObject({ id: v.string(), outcome })),
  probes: v.array(v.looseObject({ id: v.string(), outcome, why: v.string() })),
})

/** Why a value is not what verify writes into results.json; undefined when it is. */
export function resultsProblem(value: unknown): string | undefined {
  const result = v.safeParse(resultsSchema, value)
  if (result.success) return undefined
  const issue = result.issues[0]
  const keys = (issue.path ?? []).map((item) => item.key).join('.')
  return keys ? `${keys}: ${issue.message}` : issue.message
}
