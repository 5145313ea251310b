// For every control: what it sets is what runs. Its own table says what that is, so that no setting is without a check.

import { parseJson } from '../../../lib/json.ts'
import type { Contribution, Control } from '../../../templates/control.ts'
import { controls } from '../../../templates/controls.ts'
import { inspectNodes } from '../attest/inspect.ts'
import { judgeContribution, knownItems } from '../attest/judge.ts'
import { judgeObjects } from '../attest/objects.ts'
import { judgeProxy } from '../attest/proxy.ts'
import type { Env } from '../env.ts'
import { describeAnswer, field } from '../judge.ts'
import type { Probe } from '../probe.ts'

/** The id of the probe that attests a control's settings. */
export function attestationOf(control: string): string {
  return `${control}-settings`
}

function attestation(control: Control): Probe {
  return {
    id: attestationOf(control.id),
    title: `what ${control.id} sets is what nodes run and the API server holds`,
    group: 'settings',
    controls: [control.id],
    needs: ['api', 'nodes'],
    budget: 45_000,
    run: async (env) => {
      const sets = control.on(env.site)
      const known = knownItems(env.site)
      const views = needsNodes(sets) ? await inspectNodes(env) : []
      const { url } = env.model.endpoint
      const read = (path: string) => readObject(env, path)
      return [
        ...views.flatMap((view) => judgeContribution(view, sets, known)),
        ...(await judgeProxy(url, sets.kubeProxy ?? {}, read)),
        ...(await judgeObjects(url, sets.objects ?? [], read)),
      ]
    },
  }
}

/** What the API server alone can answer for; everything else is looked up on nodes. */
const ofTheCluster: readonly string[] = ['objects', 'kubeProxy', 'byTag'] satisfies (keyof Contribution)[]

function needsNodes(sets: Contribution): boolean {
  return Object.keys(sets).some((kind) => !ofTheCluster.includes(kind))
}

async function readObject(env: Env, path: string): Promise<unknown> {
  const answer = await env.ask({ url: env.model.endpoint.url + path, trust: 'server-ca', as: env.verifier })
  if (!('error' in answer) && answer.status === 200) return parseJson(answer.body)
  if (!('error' in answer) && answer.status === 404 && field(parseJson(answer.body), 'kind') === 'Status')
    return undefined
  throw new Error(describeAnswer(answer))
}

export const attestedProbes: readonly Probe[] = controls.map(attestation)
