// The audit log on the control planes. Canaries carry names that nothing else has.
import { randomBytes } from 'node:crypto'
import { parseJson } from '../../../../lib/json.ts'
import type { ShellAnswer } from '../../env.ts'
import { field, list } from '../../judge.ts'
import { type Check, check, type Probe } from '../../probe.ts'
import { createObject, metadata } from '../../sandbox.ts'
import { apiServers } from '../targets.ts'
import { findEvents } from './audit-events.ts'

/** `MODE OWNER:GROUP PATH` of the folder $1 and each file. */
const modes = `ls "$1"/audit*.log >/dev/null 2>&1 || exit 2
stat -c '%a %U:%G %n' "$1" "$1"/audit*.log`

const noLog = 'no audit.log'

/** An event names this user with this group. */
export function judgeCanary(where: string, answer: ShellAnswer, user: string, group: string): Check {
  const sent = `a request as ${user} of group ${group}`
  const expected = 'an event with user and group'
  if (answer.code === 2) return check('fail', where, sent, expected, noLog)
  const events = answer.stdout.split('\n').flatMap((line) => (line === '' ? [] : [parseJson(line)]))
  const own = events.filter((event) => field(event, 'user', 'username') === user)
  if (own.length === 0) return check('fail', where, sent, expected, 'no event names the user')
  const complete = own.filter((event) => list(event, 'user', 'groups').includes(group))
  const event = complete[0] ?? own[0]
  const saw = `${field(event, 'verb')} ${field(event, 'requestURI')} by ${field(event, 'user', 'username')} of ${list(event, 'user', 'groups').join(' ')}, ${field(event, 'responseStatus', 'code')}`
  return check(complete.length > 0 ? 'pass' : 'fail', where, sent, expected, saw)
}

/** The creation is there and no line shows what the Secret holds. */
export function judgeBody(where: string, creation: ShellAnswer, body: ShellAnswer): Check {
  const sent = 'create a Secret'
  const expected = 'an event without the Secret’s body'
  if (creation.code === 2) return check('fail', where, sent, expected, noLog)
  const event = creation.stdout
    .split('\n')
    .map(parseJson)
    .find((line) => field(line, 'verb') === 'create')
  if (event === undefined) return check('fail', where, sent, expected, 'no event for its creation')
  if (body.stdout !== '') return check('fail', where, sent, expected, 'the Secret’s text stands in the audit log')
  return check('pass', where, sent, expected, `create ${field(event, 'requestURI')}, level ${field(event, 'level')}`)
}

/** Nobody but root and its group can read the log, nobody but root can write it. */
export function judgeModes(where: string, answer: ShellAnswer): Check[] {
  const expected = 'root’s, closed to others'
  if (answer.code === 2) return [check('fail', where, 'stat', expected, noLog)]
  const lines = answer.stdout.split('\n').filter((line) => line !== '')
  if (answer.code !== 0 || lines.length === 0)
    return [check('unknown', where, 'stat', expected, `stat ended with ${answer.code}`)]
  return lines.map((line) => {
    const [mode = '', owner = '', path = ''] = line.split(' ')
    const closed = (Number.parseInt(mode, 8) & 0o027) === 0 && owner.startsWith('root:')
    return check(closed ? 'pass' : 'fail', where, `stat ${path}`, expected, `${mode} ${owner}`)
  })
}

const canary: Probe = {
  id: 'audit-canary',
  title: 'a request stands in the audit log with its user and groups',
  group: 'data',
  controls: ['audit-log'],
  needs: ['issue', 'nodes'],
  budget: 30_000,
  run: async (env) => {
    const each = apiServers(env).map(async ({ where, node }) => {
      const mark = `${env.run}-${randomBytes(4).toString('hex')}`
      const [user, group] = [`redoubt:verify:user-${mark}`, `redoubt:verify:group-${mark}`]
      const as = await env.issue({ user, groups: [group] })
      await env.ask({ url: `${where}/api/v1/namespaces/${env.namespace}/configmaps`, trust: 'server-ca', as })
      return judgeCanary(`node ${node}`, await findEvents(env, node, `user-${mark}\n`), user, group)
    })
    return Promise.all(each)
  },
}

const body: Probe = {
  id: 'audit-no-secrets',
  title: 'a Secret’s creation is logged, its body is not',
  group: 'data',
  controls: ['audit-log'],
  needs: ['sandbox', 'nodes'],
  budget: 30_000,
  run: async (env) => {
    // Bytes of a multiple of three: base64 of the text then stands as such in base64 of anything that begins with it.
    const text = randomBytes(18).toString('hex')
    const name = await createObject(env, 'secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata(env, `audited-${randomBytes(3).toString('hex')}`),
      data: { text: Buffer.from(text).toString('base64') },
    })
    // The request went to one of the API servers: look for it on all.
    const found = await Promise.all(
      env.model.controlPlanes.map(async (node) => {
        const creation = await findEvents(env, node.name, `${name}\n`)
        const leak = await findEvents(env, node.name, `${text}\n${Buffer.from(text).toString('base64')}\n`)
        return { where: `node ${node.name}`, creation, leak }
      }),
    )
    const own = found.find(({ creation }) => creation.stdout !== '') ?? found[0]
    const leak = found.find(({ leak }) => leak.stdout !== '')?.leak ?? own?.leak
    return own && leak ? [judgeBody(own.where, own.creation, leak)] : []
  },
}

const files: Probe = {
  id: 'audit-files',
  title: 'the audit log is closed to other users of the node',
  group: 'data',
  controls: ['audit-log'],
  needs: ['nodes'],
  budget: 15_000,
  run: async (env) => {
    const each = env.model.controlPlanes.map(async (node) =>
      judgeModes(`node ${node.name}`, await env.shell(node.name, modes, { args: [env.model.places.auditFolder] })),
    )
    return (await Promise.all(each)).flat()
  },
}

export const auditProbes: readonly Probe[] = [canary, body, files]
