// What a control sets is what runs: held against the rendered tree, whole, with each control off, and with each setting spoiled alone.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { objectPath } from '../../../cluster/objects.ts'
import { listOf, scalarOf } from '../../../scripts/verify/attest/arguments.ts'
import { judgeContribution, knownItems } from '../../../scripts/verify/attest/judge.ts'
import { judgeObjects } from '../../../scripts/verify/attest/objects.ts'
import { judgeProxy } from '../../../scripts/verify/attest/proxy.ts'
import { renderedView } from '../../../scripts/verify/attest/rendered-view.ts'
import { staticChecks } from '../../../scripts/verify/attest/static.ts'
import { fileAccess } from '../../../templates/controls/file-access.ts'
import { controls } from '../../../templates/controls.ts'
import { type RenderInput, renderCluster } from '../../../templates/render.ts'
import { fixtureInput, inputOf } from '../../templates/fixture.ts'
import { staticScore } from './mutation.ts'

const input = await fixtureInput()
const known = knownItems(input)

async function judge(id: string, off: readonly string[]) {
  const control = controls.find((one) => one.id === id)
  assert.ok(control)
  const rendered = renderCluster({ ...input, off })
  const views = rendered.trees.map((tree, index) => {
    const node = input.model.nodes[index]
    assert.ok(node)
    return renderedView(tree, node)
  })
  const all = new Map(rendered.objects.flatMap((group) => group.objects).map((one) => [objectPath(one), one]))
  const read = async (path: string) => all.get(path)
  const sets = control.on(input)
  return [
    ...views.flatMap((view) => judgeContribution(view, sets, known)),
    ...(await judgeProxy('rendered', sets.kubeProxy ?? {}, read)),
    ...(await judgeObjects('rendered', sets.objects ?? [], read)),
  ]
}

const present = controls.filter((control) => control.notApplicable?.(input) === undefined)

for (const { id } of present)
  test(`${id}: holds as rendered, and not when it is off`, async () => {
    const on = await judge(id, [])
    assert.ok(on.length > 0, 'nothing was checked')
    assert.deepEqual(
      on.filter((check) => check.verdict !== 'pass'),
      [],
    )
    const off = await judge(id, [id])
    assert.ok(
      off.some((check) => check.verdict === 'fail'),
      'nothing noticed',
    )
    assert.ok(off.every((check) => check.verdict !== 'unknown'))
  })

test('a setting that the spec forces past a control is seen without a cluster', async () => {
  const forced = await inputOf(['cp1 control-plane'], {
    extra: '  components: {kube-apiserver: {args: {profiling: "true"}}}',
  })
  const failed = (given: RenderInput) =>
    staticChecks(given, renderCluster({ ...given, force: true })).filter((check) => check.verdict !== 'pass')
  assert.deepEqual(failed(input), [])
  assert.deepEqual(
    failed(forced).map(({ control, sent, saw }) => `${control}: ${sent}: ${saw}`),
    ['profiling-off: --profiling of kube-apiserver: true'],
  )
})

test('every setting, spoiled alone, is noticed by the control that sets it', async () => {
  const { spoiled, missed } = await staticScore(input)
  assert.deepEqual(missed, [])
  assert.ok(spoiled >= 150, String(spoiled))
})

test('a file of a closed folder that is a link, or is gone, is no closed file', () => {
  const { trees } = renderCluster(input)
  const [tree] = trees
  const [node] = input.model.nodes
  assert.ok(tree && node)
  const view = renderedView(tree, node)
  const files = new Map([...view.files].filter(([path]) => path !== '/etc/kubernetes/admin.conf'))
  const failed = judgeContribution({ ...view, files }, fileAccess.on(input), known).filter(
    (one) => one.verdict === 'fail',
  )
  assert.deepEqual(
    failed.map((one) => one.saw),
    ['/etc/kubernetes/admin.conf: no regular file'],
  )
})

test('flags are read as the component reads them', () => {
  const args = [
    '--profiling=true',
    '--a=x',
    '--profiling=false',
    '--a=y,z',
    '--tls_min_version=V',
    '-name',
    'n',
    '--bare',
  ]
  assert.equal(scalarOf(args, 'profiling'), 'false')
  assert.equal(scalarOf(args, 'tls-min-version'), 'V')
  assert.equal(scalarOf(args, 'name'), 'n')
  assert.equal(scalarOf(args, 'bare'), 'true')
  assert.equal(scalarOf(args, 'none'), undefined)
  assert.deepEqual(listOf(args, 'a', 'kube-apiserver'), ['x', 'y', 'z'])
})

test.run()
