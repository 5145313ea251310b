import * as assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import type { NodeSpec } from '../../cluster/spec.ts'
import { RedoubtError } from '../../lib/errors.ts'
import { readSections } from '../../scripts/ssh/sections.ts'
import { readFacts } from '../../scripts/survey/facts.ts'
import { brokenFacts, compareHosts, judgeHost } from '../../scripts/survey/judge.ts'

// What a Debian 12 host without default route answered.
const recorded = readFileSync(new URL('./recorded/facts.txt', import.meta.url), 'utf8')
const time = 1_795_248_000
const asked = { node: 'cp1', address: '10.77.0.11', hostKey: 'SHA256:abc', before: time * 1000 }
const answer = (...changes: [string | RegExp, string][]) =>
  changes.reduce((text, [from, to]) => {
    assert.match(text, typeof from === 'string' ? new RegExp(from.replaceAll(/[|.+*?()[\]\\^$]/g, '\\$&')) : from)
    return text.replace(from, to)
  }, recorded)
const cp1: NodeSpec = { name: 'cp1', role: 'control-plane', address: '10.77.0.11' }

test('a recorded answer becomes facts', () => {
  const { facts, measured, hostname, missing } = readFacts(recorded, asked)
  assert.deepEqual(facts, {
    os: 'debian 12',
    architecture: 'amd64',
    cgroup: 'v1',
    systemd: 252,
    swap: false,
    defaultRoute: false,
    interface: 'host0',
    mtu: 1500,
    canLowerOomScore: false,
    writableSysctls: {
      'kernel.panic': true,
      'kernel.panic_on_oops': true,
      'vm.overcommit_memory': true,
      'vm.panic_on_oom': true,
      'net.ipv4.ip_forward': true,
      'net.netfilter.nf_conntrack_max': false,
      'net.bridge.bridge-nf-call-iptables': true,
    },
    sshHostKey: 'SHA256:abc',
  })
  assert.deepEqual(measured, {
    kernel: '6.18.44',
    cpus: 2,
    memoryMiB: 24105,
    diskFreeMiB: 71329,
    diskFreePercent: 27,
    clockSkewSeconds: 0,
  })
  assert.equal(hostname, 'cp1')
  assert.deepEqual(missing, [])
})

const otherHosts: { name: string; change: [string | RegExp, string]; path: string; value: unknown }[] = [
  { name: 'cgroup v2', change: ['= cgroup\n|tmpfs', '= cgroup\n|cgroup2fs'], path: 'cgroup', value: 'v2' },
  { name: 'arm64', change: ['|x86_64', '|aarch64'], path: 'architecture', value: 'arm64' },
  {
    name: 'swap',
    change: [/= swaps\n(.*)\n/, '= swaps\n$1\n|/dev/sda2 partition 999 0 -2\n'],
    path: 'swap',
    value: true,
  },
  {
    name: 'a default route',
    change: [/(= routes\n.*\n)/, '$1|host0\t00000000\t01004D0A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n'],
    path: 'defaultRoute',
    value: true,
  },
]
for (const { name, change, path, value } of otherHosts)
  test(`${name} is noticed`, () => {
    const { facts } = readFacts(answer(change), asked)
    assert.equal((facts as Record<string, unknown>)[path], value)
  })

const hostile: { name: string; text: string; message: RegExp }[] = [
  { name: 'nothing', text: '', message: /makes no sense/ },
  { name: 'a cut answer', text: recorded.slice(0, -4), message: /cut off/ },
  { name: 'half an answer', text: recorded.slice(0, recorded.indexOf('= memory')), message: /cut off/ },
  { name: 'a banner', text: `Welcome to cp1!\n${recorded}`, message: /makes no sense: "Welcome/ },
  { name: 'something behind the end', text: `${recorded}= more\n|0\n`, message: /makes no sense/ },
  { name: 'a section twice', text: answer(['= uid\n|0\n', '= uid\n|0\n= uid\n|0\n']), message: /makes no sense/ },
  { name: 'two lines for one', text: answer(['= uid\n|0\n', '= uid\n|0\n|0\n']), message: /2 lines of uid/ },
  { name: 'no number', text: answer(['= cpus\n|2', '= cpus\n|many']), message: /"many" when asked for cpus/ },
  { name: 'terminal codes', text: answer(['VERSION_ID="12"', 'VERSION_ID="\x1b]0;x\x07"']), message: /makes no sense/ },
  { name: 'another user', text: answer(['= uid\n|0', '= uid\n|1000']), message: /not root/ },
  { name: 'an odd architecture', text: answer(['|x86_64', '|riscv64']), message: /architecture riscv64/ },
  { name: 'no interface', text: answer([/\|host0\t00004D0A.*\n/, '']), message: /no interface .* 10\.77\.0\.11/ },
]
for (const { name, text, message } of hostile)
  test(`refused, naming the node: ${name}`, () => {
    assert.throws(
      () => readFacts(text, asked),
      (error) => {
        assert.ok(error instanceof RedoubtError)
        assert.match(error.message, message)
        assert.equal(error.where, 'node cp1')
        assert.ok(error.hint)
        return true
      },
    )
  })

test('sections keep what their lines hold', () => {
  assert.deepEqual(
    [...readSections('= a\n||x\n|\n= b\nend\n', 'n')],
    [
      ['a', ['|x', '']],
      ['b', []],
    ],
  )
})

const unfit: { name: string; change: [string | RegExp, string]; problem: RegExp }[] = [
  { name: 'a slow clock', change: [/= time\n.*/, `= time\n|${time - 61}.1`], problem: /61 s behind/ },
  { name: 'a fast clock', change: [/= time\n.*/, `= time\n|${time + 3600}.0`], problem: /3600 s ahead/ },
  { name: 'a full disk', change: [/(\|.* )\d+( +\d+% \/\n)/, '$11024$2'], problem: /1 MiB \(0 %\) free/ },
  {
    name: 'a nearly full disk',
    change: [/(\|.* )\d+( +\d+ +\d+ +\d+% \/\n)/, '$1999999999999$2'],
    problem: /\(0 %\) free/,
  },
  { name: 'little memory', change: [/MemTotal: +\d+/, 'MemTotal: 1000000'], problem: /976 MiB of memory/ },
  { name: 'no tar', change: ['= missing\n', '= missing\n|tar\n'], problem: /lacks tar/ },
  { name: 'another name', change: ['= hostname\n|cp1', '= hostname\n|debian'], problem: /calls itself debian/ },
  { name: 'an old systemd', change: ['|systemd 252', '|systemd 241'], problem: /systemd 241/ },
]
for (const { name, change, problem } of unfit)
  test(`${name} cannot work, and why is said`, () => {
    const found = judgeHost(cp1, readFacts(answer(change), asked))
    assert.equal(found.length, 1)
    assert.match(found[0]?.problem ?? '', problem)
    assert.ok(found[0]?.remedy)
  })

test('a good host has no problem; one of another architecture than the bundle has', () => {
  assert.deepEqual(judgeHost(cp1, readFacts(recorded, asked), 'amd64'), [])
  assert.match(judgeHost(cp1, readFacts(recorded, asked), 'arm64')[0]?.problem ?? '', /bundle is for arm64/)
})

test('provider cilium needs a kernel that has what it uses; provider routes does not ask', () => {
  const problems = (kernel: string, bpf: string) => {
    const found = readFacts(
      answer(['= kernel\n|6.18.44', `= kernel\n|${kernel}`], ['= missing\n', `= bpf\n|${bpf}\n= missing\n`]),
      asked,
    )
    assert.deepEqual(judgeHost(cp1, found), [])
    return judgeHost(cp1, found, 'amd64', 'cilium').map(({ problem }) => problem)
  }
  assert.deepEqual(problems('5.11.0', 'yes'), [])
  assert.deepEqual(problems('6.1.0-31-amd64', 'yes'), [])
  assert.match(problems('5.10.0-32-amd64', 'yes').join(), /^runs Linux 5\.10\.0-32-amd64; .*5\.11/)
  assert.match(problems('6.1.0', 'no').join(), /^has a kernel without the bpf file system/)
})

test('what differs from the last survey is told', () => {
  const { facts, measured } = readFacts(recorded, asked)
  const host = { facts, measured }
  const swapped = { facts: { ...facts, swap: true }, measured: { ...measured, cpus: 8 } }
  assert.deepEqual(compareHosts({ cp1: host, w1: host }, { cp1: swapped, w2: host }), [
    'cp1: swap false -> true',
    'w2: new',
    'w1: no longer in redoubt.yaml',
  ])
})

test('apply refuses facts that no longer hold, not a sysctl that has become writable', () => {
  const { facts } = readFacts(recorded, asked)
  const sysctls = { ...facts.writableSysctls, 'net.netfilter.nf_conntrack_max': true }
  const none = { refused: [], told: [] }
  assert.deepEqual(brokenFacts('cp1', facts, { ...facts, writableSysctls: sysctls }), none)
  assert.deepEqual(brokenFacts('cp1', { ...facts, writableSysctls: sysctls }, facts), {
    refused: ['cp1: net.netfilter.nf_conntrack_max true -> false'],
    told: [],
  })
  assert.deepEqual(brokenFacts('cp1', facts, { ...facts, sshHostKey: 'SHA256:x', defaultRoute: true }), {
    refused: ['cp1: sshHostKey SHA256:abc -> SHA256:x'],
    told: ['cp1: defaultRoute false -> true'],
  })
})

test.run()
