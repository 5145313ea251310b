// A bundle that is served: what the spec may say, the certificate, and what nodes are told of registries.
import * as assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { parseSpec } from '../../cluster/spec.ts'
import { initPki } from '../../pki/init.ts'
import { certificatesOf } from '../../pki/required.ts'
import { renderCluster } from '../../templates/render.ts'
import { inputOf, textOf } from './fixture.ts'

const nodes = ['cp1 control-plane', 'w1 worker']
const served = (serve: string) => inputOf(nodes, { extra: `  bundle: {serve: ${JSON.stringify(serve)}}` })

test('ADDRESS:PORT, and nothing else', async () => {
  for (const bad of [
    '10.77.0.10',
    '10.77.0.10:',
    '10.77.0.10:0',
    '10.77.0.10:65536',
    '127.0.0.1:5000',
    '0.0.0.0:5000',
    'op:5000',
    '1.2.3:1',
  ])
    await assert.rejects(served(bad), /is no ADDRESS:PORT like 10.77.0.10:5000/, bad)
  await served('10.77.0.10:5000')
})

test('every registry of which the bundle has images leads there, all others nowhere', async () => {
  const input = await served('10.77.0.10:5000')
  const image = { mediaType: 'x', digest: `sha256:${'1'.repeat(64)}`, size: 1, platforms: [], artifacts: [], blobs: [] }
  const names = ['docker.io/library/nginx:1', 'docker.io/library/redis:1', 'registry.example.org:5000/team/app:1']
  const lock = { ...input.lock, images: names.map((name) => ({ ...image, name })) }
  const { trees } = renderCluster({ ...input, lock })
  const folder = '/etc/containerd/certs.d'
  const wanted =
    'server = "https://127.0.0.1:1"\n\n[host."https://10.77.0.10:5000"]\ncapabilities = ["pull", "resolve"]\nca = "../redoubt-ca.crt"\n'
  for (const { node, files } of trees) {
    assert.deepEqual(
      files.map(({ path }) => path).filter((path) => path.startsWith(folder)),
      [
        '_default/hosts.toml',
        'docker.io/hosts.toml',
        'redoubt-ca.crt',
        'redoubt.dev/hosts.toml',
        'registry.example.org_5000_/hosts.toml',
      ].map((path) => `${folder}/${path}`),
    )
    for (const name of ['docker.io', 'redoubt.dev', 'registry.example.org_5000_'])
      assert.equal(textOf(trees, `${folder}/${name}/hosts.toml`, node), wanted)
    assert.equal(textOf(trees, `${folder}/_default/hosts.toml`, node), 'server = "https://127.0.0.1:1"\n')
    assert.match(textOf(trees, `${folder}/redoubt-ca.crt`, node), /trust registry/)
  }
})

test('without it no registry is named, and there is no certificate', async () => {
  const input = await inputOf(nodes)
  const paths = renderCluster(input).trees.flatMap(({ files }) => files.map(({ path }) => path))
  assert.deepEqual(
    [...new Set(paths.filter((path) => path.includes('certs.d')))],
    ['/etc/containerd/certs.d/_default/hosts.toml'],
  )
})

test('the certificate: for that address alone, of the servers’ authority, and made once', async () => {
  const head = 'apiVersion: redoubt.dev/v1alpha1\nkind: Cluster\nmetadata: {name: lab}\nspec:\n  kubernetes: v1.36.3\n'
  const cluster = `${head}  nodes: [{name: cp1, role: control-plane, address: 10.77.0.11}]\n`
  const without = parseSpec(cluster, 'redoubt.yaml')
  const spec = parseSpec(`${cluster}  bundle: {serve: "10.77.0.10:5000"}\n`, 'redoubt.yaml')
  assert.ok(!certificatesOf(without).some(({ id }) => id === 'registry'))
  const folder = await mkdtemp(join(tmpdir(), 'redoubt-served-'))
  try {
    const now = new Date('2026-11-01')
    await initPki({ spec: without, folder, now })
    const { issued } = await initPki({ spec, folder, now })
    assert.deepEqual(issued, [{ id: 'registry', why: 'new' }])
    const certificate = new X509Certificate(await readFile(join(folder, 'registry.crt')))
    assert.equal(certificate.subjectAltName, 'IP Address:10.77.0.10')
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1'])
    assert.match(certificate.issuer, /CN=lab server-ca g1/)
    // Another address is another certificate.
    const moved = parseSpec(`${cluster}  bundle: {serve: "10.77.0.9:5000"}\n`, 'redoubt.yaml')
    assert.deepEqual(
      (await initPki({ spec: moved, folder, now })).issued.map(({ id }) => id),
      ['registry'],
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})

test.run()
