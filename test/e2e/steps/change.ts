import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseYaml, writeYaml } from '../../../lib/yaml.ts'
import { check, expectCode, expectMatch, expectSame, inside, must, on, workspace } from '../harness.ts'
import { writeSpec } from './bundle.ts'
import { planIsEmpty } from './cluster.ts'

const kubectl = 'kubectl --kubeconfig /etc/kubernetes/admin.conf'
const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml'

/** Step d: a changed setting re-hardens and touches nothing else; a broken one is rolled back by the node itself. */
export async function change(): Promise<void> {
  const original = await readFile(join(workspace, 'redoubt.yaml'), 'utf8')
  try {
    await check('a changed audit setting restarts the API server once, and nothing else', async () => {
      const before = await containers()
      await writeSpec(changed(original, (spec) => ({ ...spec, audit: { maxAge: 45 } })))
      await expectCode(0, inside('render'))
      await expectCode(0, inside('apply'))
      const after = await containers()
      expectSame(changedPods(before, after), 'kube-apiserver-cp1 (0 restarts)', 'containers that changed')
      expectMatch((await on('cp1', `cat ${manifest}`)).stdout, /audit-log-maxage=45/)
    })
    await check('a broken setting forced past the checks is rolled back, exit 1, and the error shows why', async () => {
      const before = (await on('cp1', `sha256sum ${manifest}`)).stdout
      await writeSpec(changed(original, (spec) => ({ ...spec, audit: { maxAge: 45 }, components: broken })))
      await expectCode(0, inside('render'))
      const { stderr } = await expectCode(1, inside('apply --wait 30'))
      expectMatch(stderr, /no-such-flag/)
      expectSame((await on('cp1', `sha256sum ${manifest}`)).stdout, before, 'manifest after the rollback')
      await expectCode(0, on('cp1', `${kubectl} get --raw /readyz`))
    })
    await check('the node rolls back by itself when the connection is cut', async () => {
      const before = (await on('cp1', `sha256sum ${manifest}`)).stdout
      const { stdout } = await on('op', cutScript)
      expectMatch(stdout, /^armed\n/)
      const waited = await on(
        'cp1',
        'for i in $(seq 900); do [ -e /var/lib/redoubt/rollback/rolled-back ] && break; sleep 0.1; done; ls /var/lib/redoubt/rollback',
      )
      expectMatch(waited.stdout, /rolled-back/)
      await on('op', 'ip route del blackhole 10.77.0.11/32')
      expectSame((await on('cp1', `sha256sum ${manifest}`)).stdout, before, 'manifest after the rollback')
      await expectCode(
        0,
        on('cp1', `for i in $(seq 300); do ${kubectl} get --raw /readyz && exit 0; sleep 0.2; done; exit 1`),
      )
    })
  } finally {
    await on('op', 'ip route del blackhole 10.77.0.11/32 2>/dev/null; true')
    await writeSpec(original)
  }
  await must('the first settings again', async () => {
    await expectCode(0, inside('render'))
    await expectCode(0, inside('apply'))
    await planIsEmpty()
  })
}

const broken = { 'kube-apiserver': { args: { 'no-such-flag': 'yes' } } }

/** On op: apply in the background; as soon as cp1 is armed, nothing reaches it any more; then apply is killed too. */
const cutScript = `cd /root/lab
  ./redoubt apply --wait 30 >/tmp/cut.log 2>&1 </dev/null & pid=$!
  for i in $(seq 600); do
    ssh -o BatchMode=yes -o ConnectTimeout=2 root@10.77.0.11 test -e /var/lib/redoubt/rollback/armed && { echo armed; break; }
    sleep 0.1
  done
  ip route add blackhole 10.77.0.11/32
  sleep 1
  kill -9 $pid; wait $pid 2>/dev/null; true`

/** The spec with its \`spec:\` part changed. */
export function changed(text: string, change: (spec: Record<string, unknown>) => Record<string, unknown>): string {
  const value = parseYaml(text, 'redoubt.yaml').value as { spec: Record<string, unknown> }
  return writeYaml({ ...value, spec: change(value.spec) })
}

interface PodList {
  items: {
    metadata: { name: string }
    status: { containerStatuses?: { containerID?: string; restartCount: number }[] }
  }[]
}

/** Pod -> its container's id and restarts, on the whole cluster, as the kubelets see them: mirror pods can be a minute old. */
async function containers(): Promise<Map<string, string>> {
  const lists = await Promise.all(
    ['cp1', 'w1'].map(async (node) => {
      const path = `/api/v1/nodes/${node}/proxy/pods`
      return JSON.parse((await expectCode(0, on('cp1', `${kubectl} get --raw ${path}`))).stdout) as PodList
    }),
  )
  return new Map(
    lists
      .flatMap((list) => list.items)
      .map(({ metadata: { name }, status }) => {
        const container = status.containerStatuses?.[0]
        return [name, `${name} ${container?.containerID} ${container?.restartCount}`]
      }),
  )
}

function changedPods(before: Map<string, string>, after: Map<string, string>): string {
  const names = [...after].filter(([name, line]) => before.get(name) !== line)
  return names.map(([name, line]) => `${name} (${line.split(' ')[2]} restarts)`).join(', ')
}
