// Nodes that pull from a served bundle: what ctr is told on a node whose own settings of registries are not there yet.
import * as assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import { sha256 } from '../../../lib/hash.ts'
import { images } from '../../../scripts/apply/phases/images.ts'
import type { Apply } from '../../../scripts/apply/run.ts'
import { createShell, localChannel } from '../../../scripts/ssh/transport.ts'

const reference = `redoubt.dev/etcd@sha256:${'1'.repeat(64)}`
const files = {
  '/etc/containerd/certs.d/redoubt-ca.crt': 'a certificate\n',
  '/etc/containerd/certs.d/redoubt.dev/hosts.toml': 'server = "https://127.0.0.1:1"\n',
  '/etc/kubernetes/other': 'no business of ctr\n',
}

/** An apply to one node that lacks one image; its ctr keeps what it was told, and lists what `has` says. */
async function withNode(
  has: string,
  work: (apply: Apply, seen: () => Promise<string>) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'redoubt-images-'))
  const before = process.env.PATH
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, 'rendered/n1', path)), { recursive: true })
      await writeFile(join(folder, 'rendered/n1', path), text)
    }
    const script = `#!/bin/sh
case "$*" in
*pull*) { echo "$4 $7"; cd "$6" && find . -type f | sort | xargs tail -n +1; } > ${folder}/seen; ${has === '' ? 'echo refused >&2; exit 1' : 'true'} ;;
*) echo "${has}" ;;
esac
`
    await mkdir(join(folder, 'bin'))
    await writeFile(join(folder, 'bin/ctr'), script, { mode: 0o755 })
    process.env.PATH = `${folder}/bin:${before}`
    const tree = {
      files: Object.entries(files).map(([path, text]) => ({
        path,
        sha256: sha256(text),
        size: text.length,
        from: { kind: 'text' },
      })),
    }
    const node = { node: { name: 'n1' }, shell: createShell('n1', localChannel), tree, plan: { images: [reference] } }
    const context = { workspace: { rendered: join(folder, 'rendered') }, signal: new AbortController().signal }
    const model = { spec: { bundle: { serve: '10.77.0.10:5000' } } }
    const apply = { context, model, nodes: [node], bundle: {} } as unknown as Apply
    await work(apply, () => readFile(join(folder, 'seen'), 'utf8'))
  } finally {
    process.env.PATH = before
    await rm(folder, { recursive: true })
  }
}

const report = { detail: () => {}, status: () => {}, progress: () => {}, item: () => {} }

test('each image by digest, with the rendered settings of registries and no other file', () =>
  withNode(`${reference} application/x sha256:${'1'.repeat(64)} 1 KiB`, async (apply, seen) => {
    assert.deepEqual(await images.plan(apply), [{ node: 'n1', verb: 'pull', what: reference, why: 'missing' }])
    await images.run(apply, report, [])
    assert.equal(
      await seen(),
      `pull ${reference}
==> ./redoubt-ca.crt <==
a certificate

==> ./redoubt.dev/hosts.toml <==
server = "https://127.0.0.1:1"
`,
    )
  }))

test('when nobody serves it is said what to do', () =>
  withNode('', async (apply) => {
    await assert.rejects(images.run(apply, report, []), {
      message: /could not pull images from 10.77.0.10:5000: .*refused/s,
      where: 'node n1',
      hint: /redoubt bundle serve/,
    })
  }))

test('what came as another image does not count', () =>
  withNode(`${reference} application/x sha256:${'2'.repeat(64)} 1 KiB`, (apply) =>
    assert.rejects(images.run(apply, report, []), /containerd did not take redoubt.dev\/etcd@sha256:1/),
  ))

test.run()
