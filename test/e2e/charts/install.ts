import type { RunResult } from '../../../lib/exec.ts'
import { check, expectCode, expectMatch, expectSame, must, on, opWorkspace } from '../harness.ts'
import { verify } from '../verify.ts'
import { served } from './places.ts'

/** Runs a script on op as the cluster's administrator, with helm and kubectl of the bundle. Any exit code is an answer. */
export function asAdmin(script: string): Promise<RunResult> {
  return on(
    'op',
    `cd ${opWorkspace} && export KUBECONFIG=$PWD/admin.conf PATH=$PWD/parts/programs:$PWD/parts/bin:$PATH\n${script}`,
  )
}

const ca = '--ca-file keys/server-ca.crt'
const place = `oci://${served}/charts`
const greetings = `${place}/greetings --version 0.1.0 ${ca}`

/** By release, which is the namespace too: where helm finds the chart in what is served. */
const charts = {
  alerting: `${place}/alerting --version 0.1.0 ${ca}`,
  storage: 'bundle/local-path-provisioner --version 0.0.30',
} as const

/** Somebody of the group that has the persona `operator` in the namespace `greetings`. */
const ann = { helm: '--kube-as-user ann --kube-as-group team', kubectl: '--as ann --as-group team' } as const

/** What of a chart only an administrator can install: its definitions, and what its own role needs beyond a persona's. */
const prepareGreetings = `helm show crds ${greetings} | kubectl apply -f -
  kubectl wait --for=condition=Established crd/greetings.greetings.redoubt.test
  own='--resource greetings.greetings.redoubt.test,greetings.greetings.redoubt.test/status,greetings.greetings.redoubt.test/finalizers'
  kubectl -n greetings create role greetings --verb get,list,watch,create,update,patch,delete $own
  kubectl -n greetings create rolebinding greetings --role greetings --group team`

/** As an administrator inside does it: with what the bundle brought, from what op serves. */
export async function install(): Promise<void> {
  await must('helm, kubectl and the resources are taken out of the bundle', async () => {
    const script = `rm -rf parts
      ./redoubt bundle extract lab-0.1.0.tar --key bundle.pub --to parts helm kubectl $(cd . && ./redoubt bundle inspect lab-0.1.0.tar --key bundle.pub -o json | grep -o 'resources/[a-z]*[.]yaml' | sort -u)
      mkdir -p parts/bin && install parts/files/helm parts/bin/helm
      kubectl config set-cluster lab --server https://10.77.0.11:6443 --certificate-authority keys/server-ca.crt
      kubectl config set-credentials admin --client-certificate keys/admin.crt --client-key keys/admin.key
      kubectl config set-context lab --cluster lab --user admin && kubectl config use-context lab
      ls parts/manifests; helm version --short; helm repo add bundle https://${served}/charts ${ca}`
    expectMatch((await expectCode(0, asAdmin(script))).stdout, /alertmanager/)
  })
  for (const [release, chart] of Object.entries(charts))
    await must(`helm install ${release}: its operator is ready`, () => helmInstall(release, chart))
  await must('a team installs greetings by itself, once it has the rights that the chart gives on', async () => {
    const refused = await expectCode(
      1,
      asAdmin(`helm install greetings ${greetings} -n greetings -f greetings.yaml ${ann.helm}`),
    )
    expectMatch(refused.stderr, /User "ann" cannot .*customresourcedefinitions|attempting to grant RBAC permissions/)
    await expectCode(0, asAdmin(`helm uninstall greetings -n greetings --ignore-not-found; ${prepareGreetings}`))
    await helmInstall('greetings', `${greetings} --skip-crds ${ann.helm}`)
  })
  await must('custom resources and a claim are taken, from the team too', () =>
    expectCode(
      0,
      asAdmin(`cd parts/manifests && kubectl apply -f resources_alertmanager.yaml &&
        kubectl ${ann.kubectl} apply -f resources_greeting.yaml -f resources_claim.yaml`),
    ),
  )
  await check('prometheus-operator starts Alertmanager and its reloader, which answer', async () => {
    await waits('-n alerting', 'condition=Available alertmanager/main')
    const proxy = '/api/v1/namespaces/alerting/pods/http:alertmanager-main-0:9093/proxy/-/ready'
    expectMatch((await expectCode(0, asAdmin(`kubectl get --raw ${proxy}`))).stdout, /OK/)
  })
  await check('the small operator starts a greeter, which greets; the chart in its chart runs too', async () => {
    await waits('-n greetings', "jsonpath='{.status.available}'=true greeting/hello")
    const script = `name=$(kubectl -n greetings get pods -l app=greeting-hello -o name)
      kubectl get --raw /api/v1/namespaces/greetings/pods/http:\${name#pod/}:8080/proxy/`
    expectSame((await expectCode(0, asAdmin(script))).stdout, 'hello\n', 'the greeting')
    await waits('-n greetings', 'condition=Available deploy/greetings-page')
  })
  await check('local-path-provisioner makes a volume with its helper pod, and a pod writes into it', async () => {
    await waits('-n greetings', 'condition=Ready pod/writer')
    const read = await expectCode(0, asAdmin('kubectl -n greetings exec writer -- /bin/busybox cat /data/file'))
    expectSame(read.stdout, 'kept\n', 'the file')
  })
  await check('every image of every pod is the bundle’s, and came from op', cameFromOp)
  await check('verify: every control holds with all of this', () => verify(0))
}

async function helmInstall(release: string, words: string): Promise<void> {
  const script = `helm install ${release} ${words} -n ${release} -f ${release}.yaml --wait --timeout 5m || {
    kubectl -n ${release} get pods,events; kubectl -n ${release} logs --all-containers --tail=20 deploy/${release}-operator; exit 1; }`
  await expectCode(0, asAdmin(script))
}

async function waits(namespace: string, what: string): Promise<void> {
  await expectCode(
    0,
    asAdmin(`kubectl ${namespace} wait --timeout=300s --for=${what} || {
      kubectl ${namespace} get pods,events; exit 1; }`),
  )
}

async function cameFromOp(): Promise<void> {
  const { probes } = await verify(0, '--only image-provenance')
  const other = probes.filter(({ outcome }) => outcome !== 'pass').map(({ id }) => id)
  expectSame(other.join(' '), '', 'probes that did not pass')
  const log = (await expectCode(0, on('op', 'journalctl -o cat -u redoubt-serve'))).stdout
  for (const [path, registry] of [
    ['prometheus/alertmanager', 'quay.io'],
    ['library/busybox', 'docker.io'],
    ['team/greeter', 'registry.example.internal'],
  ])
    expectMatch(log, new RegExp(`200 GET /v2/${path}/manifests/sha256:\\w+\\?ns=${registry}`))
}
