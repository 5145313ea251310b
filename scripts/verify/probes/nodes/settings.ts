// What components loaded, against what was rendered: the API server publishes the hash of its configuration files.

import { configFolder } from '../../../../templates/controls/layout.ts'
import { type Answer, describeAnswer } from '../../judge.ts'
import { type Check, check, type Probe } from '../../probe.ts'
import { apiServers, askEach } from '../targets.ts'

/** The SHA-256 that a metric `NAME{...,hash="sha256:..."}` carries; undefined when it is not there. */
export function loadedHash(metrics: string, name: string): string | undefined {
  const line = metrics.split('\n').find((text) => text.startsWith(`${name}{`))
  return line && /[{,]hash="sha256:([0-9a-f]{64})"/.exec(line)?.[1]
}

export function judgeLoaded(
  where: string,
  file: string,
  answer: Answer,
  metric: string,
  rendered: string | undefined,
): Check {
  const sent = `GET /metrics: ${metric}`
  const expected = `the hash of the rendered ${file}`
  if (rendered === undefined) return check('unknown', where, sent, expected, 'nothing was rendered')
  if ('error' in answer || answer.status !== 200) return check('unknown', where, sent, expected, describeAnswer(answer))
  const loaded = loadedHash(answer.body, metric)
  if (loaded === undefined) return check('unknown', where, sent, expected, 'no such metric')
  return check(loaded === rendered ? 'pass' : 'fail', where, sent, expected, `sha256:${loaded.slice(0, 16)}…`)
}

function loaded(id: string, title: string, control: string, name: string, metric: string): Probe {
  return {
    id,
    title,
    group: 'nodes',
    controls: [control],
    needs: ['api'],
    budget: 15_000,
    run: (env) =>
      askEach(apiServers(env), async ({ where, node }) => {
        const file = `${configFolder}/${name}`
        const answer = await env.ask({ url: `${where}/metrics`, trust: 'server-ca', as: env.verifier })
        return judgeLoaded(where, file, answer, metric, env.renderedHash(node, file))
      }),
  }
}

export const settingProbes: readonly Probe[] = [
  loaded(
    'authentication-loaded',
    'the API server runs with the authentication file as rendered',
    'anonymous-limited',
    'authentication.yaml',
    'apiserver_authentication_config_controller_last_config_info',
  ),
  loaded(
    'encryption-loaded',
    'the API server runs with the encryption file as rendered',
    'encryption-at-rest',
    'encryption.yaml',
    'apiserver_encryption_config_controller_last_config_info',
  ),
]
