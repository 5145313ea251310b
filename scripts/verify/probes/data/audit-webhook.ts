// What leaves the cluster of the audit log.
import type { Env } from '../../env.ts'
import { type Answer, describeAnswer, judgeStatus } from '../../judge.ts'
import { within } from '../../patience.ts'
import { type Check, check, type Probe } from '../../probe.ts'
import { askWho } from '../identity/who.ts'
import { apiServers } from '../targets.ts'
import { auditId, eventById, judgeEvent } from './audit-events.ts'

/** Milliseconds until an event must be in the sink: batches wait 5 s. */
const patience = 20_000

/** How many events an API server lost on their way to the sink since it started. */
function lostEvents(metrics: string): number {
  const line = metrics.split('\n').find((text) => /^apiserver_audit_error_total\{[^}]*plugin="webhook"/.test(text))
  return Number(line?.split(' ').at(-1) ?? 0)
}

export function judgeLosses(where: string, answer: Answer): Check {
  const [sent, expected] = ['GET /metrics: apiserver_audit_error_total of the webhook', 'no event lost']
  if ('error' in answer || answer.status !== 200) return check('unknown', where, sent, expected, describeAnswer(answer))
  const lost = lostEvents(answer.body)
  return check(lost === 0 ? 'pass' : 'fail', where, sent, expected, `${lost} lost since the API server started`)
}

const losses: Probe = {
  id: 'audit-webhook-losses',
  title: 'no API server lost an event on its way to the sink since it started',
  group: 'data',
  controls: ['audit-webhook'],
  needs: ['api'],
  budget: 15_000,
  run: (env) =>
    Promise.all(
      apiServers(env).map(async ({ where }) =>
        judgeLosses(where, await env.ask({ url: `${where}/metrics`, trust: 'server-ca', as: env.verifier })),
      ),
    ),
}

const canary: Probe = {
  id: 'audit-webhook-canary',
  title: 'a request’s event is on disk and, under the same id, in the sink within seconds',
  group: 'data',
  controls: ['audit-webhook'],
  needs: ['issue', 'nodes'],
  budget: 60_000,
  notApplicable: ({ model }) =>
    model.spec.audit.webhook?.readback === undefined
      ? 'the spec names no audit.webhook.readback: the sink cannot be asked'
      : undefined,
  run: async (env) => {
    const user = `redoubt:verify:${env.run}-sink`
    const as = await env.issue({ user })
    const each = apiServers(env).map(async ({ where, node }) => {
      const answer = await askWho(env, where, as)
      const id = auditId(answer)
      if (id === undefined)
        return [check('unknown', where, `a request as ${user}`, 'an Audit-ID', describeAnswer(answer))]
      const onDisk = judgeEvent(`node ${node}`, user, await eventById(env, node, answer))
      return [onDisk, await inSink(env, id)]
    })
    return (await Promise.all(each)).flat()
  },
}

function inSink(env: Env, id: string): Promise<Check> {
  const { readback = '', ca = '' } = env.model.spec.audit.webhook ?? {}
  const [sent, trust] = [`event ${id}, for up to ${patience / 1000} s`, { pem: env.site.authorities(ca) }]
  return within(env, patience, async () =>
    judgeStatus(readback, sent, await env.ask({ url: `${readback}/${id}`, trust }), [200], id),
  )
}

export const auditWebhookProbes: readonly Probe[] = [canary, losses]
