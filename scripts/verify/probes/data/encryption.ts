// What of a Secret lies in etcd. Read on a control plane with etcdctl and the health-check certificate that is there.
import { randomBytes } from 'node:crypto'
import { binaryPaths, paths, ports } from '../../../../cluster/components.ts'
import type { Env, ShellAnswer } from '../../env.ts'
import { type Check, check, oneLine, type Probe } from '../../probe.ts'
import { createObject, metadata } from '../../sandbox.ts'
import { askEach } from '../targets.ts'

const pki = `${paths.pki}/etcd`
const etcdctl = [
  binaryPaths.etcdctl,
  `--endpoints=https://127.0.0.1:${ports.etcdClient}`,
  `--cacert=${pki}/ca.crt --cert=${pki}/healthcheck-client.crt --key=${pki}/healthcheck-client.key`,
].join(' ')

/** The raw value of one key, base64. */
const readValue = `set -eu
${etcdctl} get --print-value-only "$1" | base64 -w0`

/** Of every Secret its key and the first bytes of its value, in hex: enough to see how it is stored, and nothing of it. */
const readPrefixes = `set -eu
${etcdctl} get --prefix --keys-only /registry/secrets/ | while read -r key; do
  [ -n "$key" ] || continue
  printf '%s ' "$key"
  ${etcdctl} get --print-value-only "$key" | head -c 24 | od -An -v -tx1 | tr -d ' \\n'
  echo
done`

const prefix = 'k8s:enc:secretbox:v1:'
const expected = `${prefix}… and not the text`

/** A Secret's raw value: encrypted by secretbox, and its text nowhere in it. */
export function judgeCanary(where: string, answer: ShellAnswer, text: string): Check {
  const sent = 'create a Secret, read its raw value in etcd'
  const raw = Buffer.from(answer.stdout, 'base64')
  if (answer.code !== 0 || raw.length === 0)
    return check('unknown', where, sent, expected, `etcdctl ended with ${answer.code} and ${raw.length} bytes`)
  if (raw.includes(text)) return check('fail', where, sent, expected, 'the text of the Secret, readable')
  const begins = raw.subarray(0, prefix.length).toString('latin1')
  return check(begins === prefix ? 'pass' : 'fail', where, sent, expected, oneLine(JSON.stringify(begins)))
}

/** Lines `KEY HEX`: each value begins as an encrypted one does. */
export function judgePrefixes(where: string, answer: ShellAnswer): Check {
  const sent = 'read the first bytes of every Secret in etcd'
  const lines = answer.stdout.split('\n').filter((line) => line !== '')
  if (answer.code !== 0 || lines.length === 0)
    return check('unknown', where, sent, prefix, `etcdctl ended with ${answer.code} and ${lines.length} keys`)
  const hex = Buffer.from(prefix).toString('hex')
  const plain = lines.filter((line) => !line.split(' ')[1]?.startsWith(hex)).map((line) => line.split(' ')[0])
  return plain.length === 0
    ? check('pass', where, sent, prefix, `${lines.length} Secrets, all encrypted`)
    : check(
        'fail',
        where,
        sent,
        prefix,
        oneLine(`${plain.length} of ${lines.length} not encrypted: ${plain.join(' ')}`),
      )
}

async function plant(env: Env): Promise<{ name: string; text: string }> {
  const text = `redoubt-canary-${randomBytes(12).toString('hex')}`
  const name = await createObject(env, 'secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata(env, `canary-${randomBytes(3).toString('hex')}`),
    stringData: { canary: text },
  })
  return { name, text }
}

const canary: Probe = {
  id: 'secret-canary',
  title: 'a new Secret lies encrypted in etcd',
  group: 'data',
  controls: ['encryption-at-rest'],
  needs: ['sandbox', 'nodes'],
  budget: 30_000,
  run: async (env) => {
    const { name, text } = await plant(env)
    const key = `/registry/secrets/${env.namespace}/${name}`
    return askEach(env.model.controlPlanes, async (node) =>
      judgeCanary(`node ${node.name}`, await env.shell(node.name, readValue, { args: [key] }), text),
    )
  },
}

const everySecret: Probe = {
  id: 'secrets-encrypted',
  title: 'every Secret lies encrypted in etcd',
  group: 'data',
  controls: ['encryption-at-rest'],
  needs: ['sandbox', 'nodes'],
  budget: 60_000,
  run: async (env) => {
    await plant(env) // so that there is one
    const node = env.model.controlPlanes[0]?.name ?? ''
    return [judgePrefixes(`node ${node}`, await env.shell(node, readPrefixes))]
  },
}

export const encryptionProbes: readonly Probe[] = [canary, everySecret]
