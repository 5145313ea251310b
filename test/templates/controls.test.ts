import * as assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { configurable } from '../../cluster/components.ts'
import { sha256 } from '../../lib/hash.ts'
import { renderedFiles } from '../../scripts/render/folder.ts'
import { controlIds, controls } from '../../templates/controls.ts'
import { renderCluster } from '../../templates/render.ts'
import { encryptionKey, fixtureInput, textOf, yamlOf } from './fixture.ts'

test('every control says what it is, once', () => {
  assert.equal(new Set(controlIds).size, controls.length)
  assert.ok(controls.length >= 10)
  for (const { id, title, references, why } of controls) {
    assert.match(id, /^[a-z]+(-[a-z]+)*$/)
    assert.ok(title.length > 20 && why.length > 20 && references.length > 0, id)
    for (const reference of references) assert.match(reference, /^(CIS [1-5](\.\d+)+|STIG V-\d{6}|claim: .+)$/, id)
  }
})

const fixed = await fixtureInput()
const applicable = controls.filter((control) => control.notApplicable?.(fixed) === undefined)

for (const { id } of applicable)
  test(`${id}: off renders otherwise than on, and says so`, async () => {
    const input = await fixtureInput()
    const on = renderedFiles(renderCluster(input))
    const rendered = renderCluster({ ...input, off: [id] })
    const off = renderedFiles(rendered)
    assert.deepEqual(
      rendered.controls.filter((control) => control.state === 'off').map((control) => control.id),
      [id],
    )
    assert.match(off.get('controls.json') ?? '', new RegExp(`"off": \\[\\s*"${id}"`))
    const changed = [...new Set([...on.keys(), ...off.keys()])].filter((path) => on.get(path) !== off.get(path))
    // Something that reaches a node or the cluster, not the report alone.
    assert.ok(
      changed.some((path) => path !== 'controls.json'),
      id,
    )
  })

test('a change of what the API server reads only at its start changes its manifest', async () => {
  const input = await fixtureInput()
  const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml'
  const inputs = (off: string[]) =>
    /redoubt.dev\/inputs: (\S+)/.exec(textOf(renderCluster({ ...input, off }).trees, manifest))?.[1]
  assert.notEqual(inputs([]), inputs(['anonymous-limited']))
  assert.equal(inputs([]), inputs(['kubelet-tls']))
})

test('every scalar flag appears once', async () => {
  for (const off of [[], controlIds]) {
    const { trees } = renderCluster({ ...(await fixtureInput()), off })
    for (const component of configurable) {
      const text = textOf(trees, `/etc/kubernetes/manifests/${component}.yaml`)
      const flags = [...text.matchAll(/- "?--([a-z0-9-]+)=/g)].map((match) => match[1])
      assert.ok(flags.length > 8, component)
      assert.deepEqual(flags, [...new Set(flags)], component)
    }
  }
})

test('lists of flags are joined from several controls', async () => {
  const text = textOf(renderCluster(await fixtureInput()).trees, '/etc/kubernetes/manifests/kube-apiserver.yaml')
  assert.match(text, /--enable-admission-plugins=NodeRestriction,PodSecurity,NamespaceLifecycle,/)
  assert.match(text, /--authorization-mode=Node,RBAC$/m)
})

test('encryption off: the template’s hash is that of the file with the key in it', async () => {
  const { trees } = renderCluster({ ...(await fixtureInput()), off: ['encryption-at-rest'] })
  const content = trees[0]?.files.find((file) => file.path.endsWith('/encryption.yaml'))?.content
  assert.ok(content?.kind === 'template')
  assert.deepEqual(content.refs, ['encryption.key'])
  const final = content.text.replaceAll('{{encryption.key}}', encryptionKey)
  assert.notEqual(final, content.text)
  assert.equal(content.sha256, sha256(final))
  assert.equal(content.size, Buffer.byteLength(final))
})

test('encryption on: the secret file of the PKI, and its key is not asked for', async () => {
  const input = await fixtureInput()
  const reveal = () => {
    throw new Error('render read a secret')
  }
  const { trees } = renderCluster({ ...input, reveal })
  const content = trees[0]?.files.find((file) => file.path.endsWith('/encryption.yaml'))?.content
  assert.ok(content?.kind === 'secret')
  assert.equal(content.ref, 'encryption-config.yaml')
})

test('audit: Secrets and tokens are logged without bodies before anything is logged with one', async () => {
  const policy = yamlOf(renderCluster(await fixtureInput()).trees, '/etc/kubernetes/apiserver/audit-policy.yaml')
  const rules = policy.rules as { level: string; resources?: { group: string; resources?: string[] }[] }[]
  const body = rules.findIndex((rule) => rule.level.startsWith('Request'))
  const bare = rules.findIndex((rule) => rule.resources?.some((entry) => entry.resources?.includes('secrets')))
  assert.equal(rules[bare]?.level, 'Metadata')
  assert.ok(bare < body)
  assert.equal(rules.at(-1)?.level, 'Metadata')
})

test('docs/controls.md lists the controls of the table', () => {
  const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
  const text = readFileSync(join(root, 'docs', 'controls.md'), 'utf8')
  const [first = ''] = text.split('## Off')
  const rows = [...first.matchAll(/^\| `([a-z-]+)` +\| (.+?) +\|/gm)].map((match) => [match[1], match[2]])
  assert.deepEqual(
    rows,
    controls.map(({ id, title }) => [id, title]),
  )
})

test.run()
