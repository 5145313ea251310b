// What the sshd of a node offers to whoever asks. Asked on the node itself: nobody else's ssh program and no penalty for the verifier.
import type { NodeModel } from '../../../../cluster/model.ts'
import { sshdSettings } from '../../../../templates/controls/host-sshd.ts'
import type { Env, ShellAnswer } from '../../env.ts'
import { type Check, check, type Probe } from '../../probe.ts'

/** Options of the client under which each question is asked; without any, the methods are shown. */
const questions = [
  '-oCiphers=aes128-cbc',
  '-oCiphers=chacha20-poly1305@openssh.com',
  '-oCiphers=aes128-ctr -oMACs=hmac-sha1',
  '-oCiphers=aes128-ctr -oMACs=umac-64@openssh.com',
  '-oKexAlgorithms=diffie-hellman-group14-sha1',
] as const

/** Asks sshd at $1 port $2 for user $3 without credentials, with the options of each line; prints `CODE LAST-LINE`. */
const askScript = `address=$1 port=$2 user=$3
set -f
while IFS= read -r options; do
  said=$(ssh -F none -n -T -o BatchMode=yes -o PreferredAuthentications=none -o StrictHostKeyChecking=no \\
    -o UserKnownHostsFile=/dev/null -o GlobalKnownHostsFile=/dev/null -o LogLevel=INFO -o ConnectTimeout=5 \\
    $options -p "$port" "$user@$address" true 2>&1)
  code=$?
  printf '%s %s\\n' "$code" "$(printf %s "$said" | tail -n 1 | tr -d '\\r')"
done`

async function ask(env: Env, node: NodeModel, lines: readonly string[]): Promise<string[]> {
  const { user, port } = env.model.spec.ssh
  const { stdout } = await env.shell(node.name, askScript, {
    args: [node.address, String(port), user],
    stdin: lines.map((line) => `${line}\n`).join(''),
  })
  return stdout.split('\n')
}

/** `255 root@10.0.0.1: Permission denied (publickey).` says which methods are left. */
export function judgeMethods(where: string, line: string): Check {
  const [sent, expected] = ['log in without credentials', 'refused; a key is asked for, no password']
  if (line.startsWith('0 ')) return check('fail', where, sent, expected, 'let in')
  const methods = /Permission denied \(([\w,@.-]+)\)/.exec(line)?.[1]?.split(',')
  if (!methods?.includes('publickey')) return check('unknown', where, sent, expected, line || 'no answer')
  const guessed = methods.some((method) => /^(password|keyboard-interactive)/.test(method))
  return check(guessed ? 'fail' : 'pass', where, sent, expected, methods.join(', '))
}

/** A client that has nothing else to offer must not come as far as being asked who it is. */
export function judgeAlgorithm(where: string, options: string, line: string): Check {
  const sent = `connect with ${options.replaceAll('-o', '')}`
  const expected = 'no common algorithm'
  const refused = /no matching .+ found\. Their offer: (\S+)/.exec(line)
  if (refused) return check('pass', where, sent, expected, `offers ${refused[1]}`)
  const accepted = line.startsWith('0 ') || line.includes('Permission denied')
  return check(accepted ? 'fail' : 'unknown', where, sent, expected, accepted ? 'agreed on it' : line || 'no answer')
}

/** What `sshd -T` says of its files: where a name stands twice, the first counts, whoever wrote it. */
export function judgeSshd(where: string, answer: ShellAnswer): Check[] {
  const lines = answer.stdout.split('\n')
  return Object.entries(sshdSettings).map(([name, wanted]) => {
    const sent = `sshd -T: ${name}`
    const prefix = `${name.toLowerCase()} `
    const seen = lines.find((line) => line.startsWith(prefix))?.slice(prefix.length)
    if (answer.code !== 0 || seen === undefined) return check('unknown', where, sent, wanted, 'sshd does not say')
    // Its older name is the one that sshd shows.
    const value = seen === 'without-password' ? 'prohibit-password' : seen
    return check(value === wanted ? 'pass' : 'fail', where, sent, wanted, value)
  })
}

function probe(id: string, title: string, look: (env: Env, node: NodeModel, where: string) => Promise<Check[]>): Probe {
  return {
    id,
    title,
    group: 'nodes',
    controls: ['host-sshd'],
    needs: ['nodes'],
    budget: 30_000,
    run: async (env) => (await Promise.all(env.model.nodes.map((node) => look(env, node, `node ${node.name}`)))).flat(),
  }
}

export const sshdProbes: readonly Probe[] = [
  probe(
    'sshd-methods',
    'sshd asks a stranger for a key and for nothing that can be guessed',
    async (env, node, where) => {
      const [line = ''] = await ask(env, node, [''])
      return [judgeMethods(where, line)]
    },
  ),
  probe('sshd-algorithms', 'sshd agrees on no CBC, SHA-1 or short authentication code', async (env, node, where) => {
    const lines = await ask(env, node, questions)
    return questions.map((options, index) => judgeAlgorithm(where, options, lines[index] ?? ''))
  }),
  probe('sshd-effective', 'sshd’s files, taken together, say what was rendered', async (env, node, where) =>
    judgeSshd(where, await env.shell(node.name, 'PATH=$PATH:/usr/sbin sshd -T')),
  ),
]
