import { paths, ports } from '../../../cluster/components.ts'
import { fail } from '../../../lib/errors.ts'
import type { NodeShell } from '../../ssh/transport.ts'
import { nodePlaces } from './places.ts'

const kept = 5

/** Takes a snapshot of this node's etcd member, whole or not at all, and keeps the last five. Prints its path. */
const snapshotScript = `set -eu
mkdir -p ${nodePlaces.snapshots}
cd ${nodePlaces.snapshots}
name=$(date -u +%Y%m%dT%H%M%SZ).db
pki=${paths.pki}/etcd
rm -f .new .new.part
timeout 60 etcdctl --endpoints=https://127.0.0.1:${ports.etcdClient} --cacert="$pki/ca.crt" \\
  --cert="$pki/healthcheck-client.crt" --key="$pki/healthcheck-client.key" \\
  --command-timeout=50s snapshot save .new >/dev/null 2>.log || { tail -n 2 .log >&2; exit 1; }
mv .new "$name"
rm -f .log
set -- *.db
while [ $# -gt ${kept} ]; do rm -f -- "$1"; shift; done
echo "${nodePlaces.snapshots}/$name"
`

/** Saves etcd's data on the node, and says where. Throws `failed` when etcd does not answer. */
export async function snapshot(shell: NodeShell, signal: AbortSignal): Promise<string> {
  const { stdout, stderr, code } = await shell.run(snapshotScript, { accept: [1], timeout: 90_000, signal })
  if (code === 0) return stdout.trim()
  return fail('failed', `no snapshot of etcd could be taken: ${stderr.trim() || 'no reason given'}`, {
    where: `node ${shell.name}`,
    hint: 'Mend etcd first (see /var/log/pods there). When it cannot come back without this change: --skip-snapshot.',
  })
}
