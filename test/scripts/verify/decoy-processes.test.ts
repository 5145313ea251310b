// Processes whose command line merely contains the name of a component: the node is asked which program runs.
import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { configurable } from '../../../cluster/components.ts'
import { inspection } from '../../../scripts/verify/attest/inspect.ts'
import { renderCluster } from '../../../templates/render.ts'
import { fixtureInput } from '../../templates/fixture.ts'
import { askLiving } from './living.ts'

const input = await fixtureInput()
const rendered = renderCluster(input)

/** A program that runs, and its command line. */
type Running = readonly [exe: string, ...argv: string[]]

/** What the inspection prints of these processes, in the order of their numbers. */
function processesOf(running: readonly Running[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-test-'))
  try {
    running.forEach(([exe, ...argv], index) => {
      const own = join(folder, 'proc', String(100 + index))
      mkdirSync(own, { recursive: true })
      symlinkSync(exe, join(own, 'exe'))
      writeFileSync(join(own, 'status'), 'Name:\tx\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n')
      writeFileSync(join(own, 'cmdline'), argv.map((arg) => `${arg}\0`).join(''))
    })
    const script = inspection.replaceAll('/proc/', `${folder}/proc/`)
    const text = execFileSync('sh', ['-c', script, 'sh', ...configurable], { input: '', encoding: 'utf8' })
    return /^= processes\n((?:\|.*\n)*)/.exec(text)?.[1] ?? ''
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const decoys: readonly Running[] = [
  ['/usr/bin/bash', 'bash', '-c', 'kube-apiserver --profiling=true'],
  ['/usr/bin/vim', 'kube-apiserver', '--profiling=true'],
  ['/opt/kube-apiserver-exporter', '/opt/kube-apiserver-exporter', '--profiling=true'],
]
const commandLines: [what: string, running: readonly Running[], expected: string][] = [
  [
    'beside the real one',
    [...decoys, ['/usr/local/bin/kube-apiserver', 'kube-apiserver', '--profiling=false']],
    'pass',
  ],
  ['and nothing else', decoys, 'not-evaluated'],
  [
    'and of a real one that names itself otherwise',
    [
      ['/usr/bin/sh', 'kube-apiserver', '--profiling=false'],
      ['/bin/kube-apiserver', 'sh', '--profiling=true'],
    ],
    'fail',
  ],
]
for (const [what, running, expected] of commandLines)
  test(`processes whose command line has the word kube-apiserver ${what}: ${expected}`, async () => {
    const seen = processesOf(running)
    const own = /^\|c kube-apiserver\n(\|[au] .*\n)*/m
    const profiling = { inspection: (text: string) => text.replace(own, seen) }
    const probe = 'profiling-off-settings'
    const [result] = await askLiving(input, rendered, [probe], profiling)
    const checks = result?.checks.filter((check) => check.sent.endsWith('of kube-apiserver')) ?? []
    assert.equal(checks.length, 1)
    assert.equal(result?.outcome, expected, result?.why)
  })

test.run()
