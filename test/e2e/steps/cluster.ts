import { check, expectCode, expectMatch, expectSame, inside, must, on } from '../harness.ts'

const kubectl = 'kubectl --kubeconfig /etc/kubernetes/admin.conf'

/** Steps c and d: PKI, survey, render and apply, from `op`; then pods that talk across nodes. */
export async function cluster(): Promise<void> {
  await must('pki init', () => expectCode(0, inside('pki init')))
  await check('keys are closed to others', async () => {
    const { stdout } = await on('op', "find /root/lab/keys -name '*.key' ! -perm 600; stat -c %a /root/lab/keys")
    expectSame(stdout.trim(), '700', 'keys not 0600, then the mode of keys/')
  })
  await check('pki check', () => expectCode(0, inside('pki check')))
  await must('survey', () => expectCode(0, inside('survey')))
  await must('render', () => expectCode(0, inside('render')))
  await check('rendered twice: the same bytes', async () => {
    const sum = () => on('op', 'cd /root/lab/rendered && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum')
    const first = (await sum()).stdout
    await expectCode(0, inside('render'))
    expectSame((await sum()).stdout, first, 'sum of rendered/')
  })
  await check('nothing rendered holds a private key', async () => {
    const { stdout } = await on('op', "grep -rl 'PRIVATE KEY' /root/lab/rendered; true")
    expectSame(stdout, '', 'files with a private key')
  })
  await must('apply', () => expectCode(0, inside('apply')))
  await check('two nodes are Ready', async () => {
    const { stdout } = await on('cp1', `${kubectl} get nodes --no-headers`)
    expectMatch(stdout, /^cp1 +Ready .*\nw1 +Ready /)
  })
  await check('every pod runs, none restarted by a failing probe', async () => {
    const { stdout } = await on('cp1', `${kubectl} get pods -A --no-headers`)
    const bad = stdout.split('\n').filter((line) => line && !/ 1\/1 +Running /.test(line))
    expectSame(bad.join('\n'), '', 'pods not running')
  })
  await check('kubectl logs and exec work through the kubelet', async () => {
    const { stdout } = await expectCode(0, on('cp1', `${kubectl} -n kube-system logs -l k8s-app=kube-dns --tail=1`))
    expectMatch(stdout, /./)
  })
  await must('a second apply plans nothing', planIsEmpty)
}

/** Asserts that apply finds nothing to do. */
export async function planIsEmpty(): Promise<void> {
  const { stdout } = await expectCode(0, inside('apply --dry-run -o json'))
  expectSame(JSON.stringify(JSON.parse(stdout).actions), '[]', 'planned actions')
}
