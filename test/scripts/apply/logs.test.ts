// What is shown of a static pod that ended: the line that says why must be there.
import * as assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { tailScript } from '../../../scripts/apply/on-node/logs.ts'
import { createShell, localChannel } from '../../../scripts/ssh/transport.ts'

const folder = mkdtempSync(join(tmpdir(), 'redoubt-test-'))
test.after(() => rmSync(folder, { recursive: true, force: true }))
const stamp = '2026-11-21T14:53:54.717736091Z stderr F '
const info = '{"level":"info","ts":"2026-11-21T14:54:56.208287Z","caller":"embed/etcd.go:621","msg":"stopping"}'

/** Lines as the real programs wrote them (etcd 3.6.8, kube-apiserver 1.36.3), and what must be shown of them. */
const logs: { name: string; lines: string[]; shown: string[] }[] = [
  {
    name: 'etcd with an unknown flag',
    lines: [
      'flag provided but not defined: -no-such-flag',
      'Usage:',
      '',
      '  etcd [flags]',
      '    Start an etcd server.',
      '',
      '  etcd gateway',
      '    Run the stateless pass-through etcd TCP connection forwarding proxy.',
      '',
      '  etcd grpc-proxy',
      '    Run the stateless etcd v3 gRPC L7 reverse proxy.',
      '',
    ],
    shown: ['flag provided but not defined: -no-such-flag'],
  },
  {
    name: 'kube-apiserver with an unknown flag',
    lines: ['Error: unknown flag: --no-such-flag'],
    shown: ['Error: unknown flag: --no-such-flag'],
  },
  {
    name: 'one that ran: its last four lines',
    lines: ['first', 'Usage: of what', info, info, info, 'last'],
    shown: [info, info, info, 'last'],
  },
  { name: 'nothing', lines: [], shown: [] },
]
for (const { name, lines, shown } of logs)
  test(`the last lines: ${name}`, async () => {
    const path = join(folder, 'a b.log')
    writeFileSync(path, lines.map((line) => `${stamp}${line}\n`).join(''))
    const { stdout } = await createShell('n1', localChannel).run(tailScript, { args: [path] })
    assert.equal(stdout, shown.map((line) => `${stamp}${line}\n`).join(''))
  })

test.run()
