// Nothing that is rendered still names the port or the paths that everybody has, where the spec says others.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { writeYaml } from '../../lib/yaml.ts'
import { runbook } from '../../templates/benchmarks/runbook.ts'
import { forKubeadm } from '../../templates/kubeadm/target.ts'
import { renderCluster } from '../../templates/render.ts'
import { inputOf } from './fixture.ts'

const extra = '  apiServer: {port: 7443}\n  etcd: {dataDir: /srv/etcd/lab}\n  audit: {logDir: /data/audit}'
const usual = /\b6443\b|\/var\/lib\/etcd\b|\/var\/log\/kubernetes/

for (const target of ['our own apply', 'kubeadm'])
  test(`${target}: port and paths are those of the spec everywhere`, async () => {
    const input = await inputOf(['cp1 control-plane', 'cp2 control-plane', 'w1 worker'], { extra })
    const own = renderCluster(input)
    const rendered = target === 'kubeadm' ? forKubeadm(input, own) : own
    for (const tree of rendered.trees) {
      for (const { path, content } of tree.files)
        if (content.kind === 'text') assert.doesNotMatch(content.text, usual, `${tree.node} ${path}`)
      for (const { path } of tree.folders) assert.doesNotMatch(path, usual)
    }
    for (const object of rendered.objects.flatMap((group) => group.objects))
      assert.doesNotMatch(writeYaml(object), usual, object.metadata.name)
    assert.doesNotMatch(runbook(input.model), usual)
    const [first] = rendered.trees
    const modes = first?.folders.filter(({ path }) => /^\/(srv|data)/.test(path))
    assert.deepEqual(
      modes?.map(({ path, mode, owner, whole }) => [path, mode.toString(8), owner, whole ?? false]),
      [
        ['/data/audit', '700', 'root:root', false],
        ['/srv/etcd/lab', '700', '379:379', true],
      ],
    )
  })

test.run()
