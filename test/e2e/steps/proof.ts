import { controlIds } from '../../../templates/controls.ts'
import { check, expectCode, expectMatch, expectSame, inside, must, on } from '../harness.ts'
import { sabotage } from '../sabotage.ts'
import { elsewhere, groups } from '../sabotages.ts'
import { verify } from '../verify.ts'
import { planIsEmpty } from './cluster.ts'

/** Step e: every control is attacked and holds; then each is taken away once, and its probes notice. */
export async function proof(): Promise<void> {
  await must('kube-proxy starts anew on every node, and takes over what is there', async () => {
    const kubectl = 'kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system'
    const anew = `${kubectl} delete pods -l k8s-app=kube-proxy && ${kubectl} rollout status daemonset/kube-proxy --timeout=60s`
    await expectCode(0, on('cp1', anew))
  })
  await must('verify: every probe passes', async () => {
    const { probes } = await verify(0)
    const passed = probes.filter((probe) => probe.outcome === 'pass')
    const proven = new Set(passed.flatMap((probe) => probe.controls))
    const left = new Set(
      probes.filter((probe) => probe.outcome === 'not-applicable').flatMap((probe) => probe.controls),
    )
    expectSame([...left].sort().join(' '), [...elsewhere].sort().join(' '), 'controls that this network cannot have')
    expectSame([...proven, ...left].sort().join(' '), [...controlIds].sort().join(' '), 'controls proven')
  })
  await check('the evidence is written', async () => {
    const { stdout } = await on('op', 'cd /root/lab/evidence && head -c 200 results.json junit.xml')
    expectMatch(stdout, /"kind": "VerifyResult"/)
    expectMatch(stdout, /<testsuites?/)
  })
  await check('the evidence is signed: redoubt, and openssl and sha256sum, find it whole', async () => {
    await expectCode(0, inside('evidence verify'))
    const signed =
      'openssl pkeyutl -verify -rawin -pubin -inkey ../../keys/evidence.pub -in SHA256SUMS -sigfile SHA256SUMS.sig'
    const { stdout } = await expectCode(
      0,
      on('op', `cd /root/lab/evidence && cd $(ls -d 2*Z | tail -n 1) && ${signed} && sha256sum --strict -c SHA256SUMS`),
    )
    expectMatch(stdout, /Verified Successfully/)
  })
  await check('verify leaves nothing behind', async () => {
    const label = 'app.kubernetes.io/managed-by=redoubt-verify'
    const { stdout } = await expectCode(
      0,
      on(
        'cp1',
        `kubectl --kubeconfig /etc/kubernetes/admin.conf get pods,services,secrets,serviceaccounts -A -l ${label} -o name`,
      ),
    )
    expectSame(stdout, '', 'objects left')
  })
  for (const group of groups) await check(`sabotage: ${group.join(', ')}`, () => sabotage(group))
  await check('all controls are back', planIsEmpty)
  await check('verify after the sabotages: every probe passes', () => verify(0))
  await check('etcd stopped: not evaluated, exit 3, never a pass', async () => {
    // Frozen, not taken away: a kubelet that is given etcd back and an API server that finds it again back off for up to two minutes.
    await expectCode(0, on('cp1', 'pkill -STOP -x etcd'))
    try {
      const { probes } = await verify(3)
      expectMatch(probes.map((probe) => probe.outcome).join(' '), /not-evaluated/)
    } finally {
      await expectCode(0, on('cp1', 'pkill -CONT -x etcd'))
    }
    const ready = 'kubectl --kubeconfig /etc/kubernetes/admin.conf get --raw /readyz'
    await expectCode(0, on('cp1', `for i in $(seq 300); do ${ready} && exit 0; sleep 0.5; done; exit 1`))
  })
}
