// Who etcd is on its node, and what that user and others can read there.
import { etcdKeys, etcdUser } from '../../../../templates/controls/etcd-own-user.ts'
import type { ShellAnswer } from '../../env.ts'
import { type Check, check, type Probe } from '../../probe.ts'
import { judgeConfined } from '../confinement.ts'
import { askEach } from '../targets.ts'

const { name, uid, gid } = etcdUser
const ids = `${uid}:${gid}`

/** `/proc/PID/status` of every process whose program is etcd. */
const statusScript = `for p in /proc/[0-9]*; do
  exe=$(readlink "$p/exe" 2>/dev/null) || continue
  [ "\${exe##*/}" != etcd ] || cat "$p/status" 2>/dev/null
done
exit 0`

const process: Probe = {
  id: 'etcd-process',
  title: 'etcd’s process is its own user, without capabilities, with a seccomp filter',
  group: 'data',
  controls: ['etcd-own-user'],
  needs: ['nodes'],
  budget: 15_000,
  run: (env) =>
    askEach(env.model.controlPlanes, async (node) =>
      judgeConfined(`node ${node.name}`, await env.shell(node.name, statusScript), 'etcd', {
        Uid: `${uid} ${uid} ${uid} ${uid}`,
        Gid: `${gid} ${gid} ${gid} ${gid}`,
        Groups: String(gid),
      }),
    ),
}

/**
 * Mode and owner of the folder $1, what within it is not of user $2 and group $3, then what can be read: `nobody` its folder and the keys
 * $4 ..., `etcd` those keys and the files on standard input. `works`: the user can read something at all.
 */
const filesScript = `data=$1 uid=$2 gid=$3
shift 3
echo "folder $(stat -c '%a %U:%G %u:%g' -- "$data")"
echo "within $(find "$data" -xdev -mindepth 1 2>/dev/null | wc -l)"
find "$data" -xdev -mindepth 1 '(' ! -uid "$uid" -o ! -gid "$gid" ')' -printf 'other %u:%g %p\\n' 2>/dev/null | head -n 3
as() { user=$1 group=$2; shift 2; setpriv --reuid="$user" --regid="$group" --clear-groups "$@" >/dev/null 2>&1; }
nobody() { as 65534 65534 "$@"; }
etcd() { as "$uid" "$gid" "$@"; }
for who in nobody etcd; do $who cat /etc/hostname && echo "$who works"; done
nobody ls -- "$data" && echo "nobody reads $data"
for key in "$@"; do
  nobody cat -- "$key" && echo "nobody reads $key"
  etcd cat -- "$key" && echo "etcd own $key"
done
while IFS= read -r f; do etcd cat -- "$f" && echo "etcd reads $f"; done
exit 0`

/** What filesScript says of a node and etcd's folder there, given how many other secrets it was to try. */
export function judgeEtcdFiles(where: string, { stdout }: ShellAnswer, data: string, others: number): Check[] {
  const lines = stdout.split('\n')
  const after = (start: string) =>
    lines.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length))
  const [folder = ''] = after('folder ')
  const wanted = `700 ${name}:${name} ${ids}`
  const count = Number(after('within ')[0] ?? 0)
  const strangers = after('other ')
  const tried = (who: string, sent: string, expected: string, bad: readonly string[]): Check => {
    const works = lines.includes(`${who} works`)
    const verdict = bad.length > 0 ? 'fail' : works ? 'pass' : 'unknown'
    const saw = bad.length > 0 ? bad.join(', ') : works ? 'as expected' : `${who} could not even read /etc/hostname`
    return check(verdict, where, sent, expected, saw)
  }
  const missing = etcdKeys.filter((key) => !after('etcd own ').includes(key)).map((key) => `not ${key}`)
  return [
    check(
      folder === wanted ? 'pass' : folder === '' ? 'unknown' : 'fail',
      where,
      `stat ${data}`,
      wanted,
      folder || 'no answer',
    ),
    check(
      strangers.length > 0 ? 'fail' : count > 0 ? 'pass' : 'unknown',
      where,
      `owners of what is within ${data}`,
      ids,
      strangers.join(', ') || `${count} files and folders`,
    ),
    tried('nobody', 'read etcd’s data and keys as nobody', 'permission denied', after('nobody reads ')),
    tried('etcd', `read its ${etcdKeys.length} keys and ${others} secrets of others as ${name}`, 'its keys alone', [
      ...missing,
      ...after('etcd reads '),
    ]),
  ]
}

const files: Probe = {
  id: 'etcd-files',
  title: 'etcd’s data and keys are its user’s alone, and it reads no other secret of its node',
  group: 'data',
  controls: ['etcd-own-user'],
  needs: ['nodes'],
  budget: 20_000,
  run: (env) =>
    askEach(env.model.controlPlanes, async (node) => {
      const secret = env.tree(node.name).files.filter((file) => file.mode === '0600' && !etcdKeys.includes(file.path))
      const data = env.model.places.etcdData
      const args = [data, String(uid), String(gid), ...etcdKeys]
      const stdin = secret.map((file) => `${file.path}\n`).join('')
      return judgeEtcdFiles(
        `node ${node.name}`,
        await env.shell(node.name, filesScript, { args, stdin }),
        data,
        secret.length,
      )
    }),
}

export const etcdUserProbes: readonly Probe[] = [process, files]
