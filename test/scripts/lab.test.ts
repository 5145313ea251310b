import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { contains, parseAddress, parseCidr } from '../../lib/cidr.ts'
import { groupsOf, readLayout } from '../../scripts/lab/cgroups.ts'
import { knownHostsLine } from '../../scripts/lab/keys.ts'
import { nspawnCommand } from '../../scripts/lab/machine.ts'
import { mountPoints } from '../../scripts/lab/mounts.ts'
import { hostPlaces, labPlaces } from '../../scripts/lab/places.ts'
import { nodeShell } from '../../scripts/lab/reach.ts'
import { missingPackages } from '../../scripts/lab/requirements.ts'
import { readCounters } from '../../scripts/lab/sinkhole.ts'
import { findHost, findHosts, labHosts, labNetwork } from '../../scripts/lab/table.ts'
import { shellQuote } from '../../scripts/ssh/quote.ts'

const cp1 = findHost('cp1')
const v1 = ['cpu', 'memory', 'cpuset', 'systemd', 'unified'].map((name) => `/sys/fs/cgroup/${name}`)

test('each host has a name and an address of its own inside the lab’s network', () => {
  const network = parseCidr('10.77.0.0/24')
  assert.equal(network?.prefix, labNetwork.prefix)
  const taken = new Set<string>([labNetwork.address])
  for (const { name, address } of labHosts) {
    assert.ok(network && contains(network, parseAddress(address) ?? 0), address)
    assert.match(name, /^[a-z0-9]{1,12}$/)
    assert.ok(!taken.has(address) && !taken.has(name))
    taken.add(address).add(name)
  }
})

test('hosts come in the order of the table, by default op, cp1 and w1', () => {
  assert.deepEqual(
    findHosts([]).map((host) => host.name),
    ['op', 'cp1', 'w1'],
  )
  assert.deepEqual(
    findHosts(['w1', 'op']).map((host) => host.name),
    ['op', 'w1'],
  )
  assert.throws(() => findHosts(['op', 'mars']), /no host mars/)
})

test('the state folder follows REDOUBT_LAB, then XDG_STATE_HOME, then HOME', () => {
  assert.equal(labPlaces({ REDOUBT_LAB: '/a', XDG_STATE_HOME: '/b', HOME: '/c' }).folder, '/a')
  assert.equal(labPlaces({ XDG_STATE_HOME: '/b', HOME: '/c' }).folder, '/b/redoubt/lab')
  assert.equal(labPlaces({ HOME: '/c' }).folder, '/c/.local/state/redoubt/lab')
})

const layouts = [
  {
    name: 'cgroup v1 beside v2',
    present: v1,
    groups: ['cpu', 'cpuset', 'memory', 'systemd', 'unified'].map((name) => `/sys/fs/cgroup/${name}/redoubt-cp1`),
    binds: ['cpu', 'cpuset', 'memory'].map((name) => `--bind=/sys/fs/cgroup/${name}/redoubt-cp1:/cg/${name}`),
    keepUnit: true,
  },
  {
    name: 'cgroup v2 without systemd',
    present: ['/sys/fs/cgroup/cgroup.controllers'],
    groups: ['/sys/fs/cgroup/redoubt-cp1'],
    binds: [],
    keepUnit: true,
  },
  {
    name: 'cgroup v2 with systemd, which then makes the groups',
    present: ['/sys/fs/cgroup/cgroup.controllers', '/run/systemd/system'],
    groups: [],
    binds: [],
    keepUnit: false,
  },
]

for (const { name, present, groups, binds, keepUnit } of layouts)
  test(`a host’s groups and command line: ${name}`, () => {
    const layout = readLayout((path) => present.includes(path))
    assert.deepEqual(groupsOf(layout, 'cp1'), groups)
    const command = nspawnCommand(cp1, hostPlaces(labPlaces({ REDOUBT_LAB: '/lab' }), 'cp1'), layout)
    assert.deepEqual(
      command.filter((word) => word.startsWith('--bind=')),
      binds,
    )
    assert.equal(command.includes('--keep-unit'), keepUnit)
    assert.ok(command.includes('--directory=/lab/hosts/cp1/root') && command.includes('--private-network'))
  })

test('memory for images is mounted where a host needs it', () => {
  const command = nspawnCommand(
    cp1,
    { root: '/r' },
    readLayout(() => false),
    '/images',
  )
  assert.ok(command.includes('--bind=/images:/var/lib/containerd'))
})

test('ssh trusts only what the lab kept', () => {
  const words = nodeShell('w1')
  for (const word of ['StrictHostKeyChecking=yes', 'GlobalKnownHostsFile=none', 'root@10.77.0.12'])
    assert.ok(words.includes(word), word)
  assert.equal(knownHostsLine(cp1, 'ssh-ed25519 AAAA cp1\n'), 'cp1,10.77.0.11 ssh-ed25519 AAAA\n')
})

test('a word for a shell stays one word', () => {
  assert.equal(shellQuote("it's $HOME"), "'it'\\''s $HOME'")
})

test('what is missing is said by package, once', () => {
  assert.deepEqual(
    missingPackages((program) => !['ssh', 'scp', 'mmdebstrap'].includes(program)),
    [
      { package: 'mmdebstrap', programs: ['mmdebstrap'] },
      { package: 'openssh-client', programs: ['ssh', 'scp'] },
    ],
  )
  assert.deepEqual(
    missingPackages(() => true),
    [],
  )
})

test('mounts at and below a folder, the last first, spaces and all', () => {
  const table = [
    '22 1 254:0 / / rw - ext4 /dev/vda rw',
    '30 22 0:30 / /lab/hosts rw - tmpfs a rw',
    '31 30 0:31 / /lab/hosts/a\\040b rw - proc b rw',
    '32 22 0:32 / /lab/hostsfile rw - tmpfs c rw',
  ].join('\n')
  assert.deepEqual(mountPoints(table, '/lab/hosts'), ['/lab/hosts/a b', '/lab/hosts'])
})

test('the sinkhole’s count is IPv4 and IPv6 packets received', () => {
  const v4 = 'Ip: Forwarding DefaultTTL InReceives InHdrErrors\nIp: 2 64 7 0\nIcmp: InMsgs\nIcmp: 9\n'
  assert.equal(readCounters(`${v4}Ip6InReceives                   \t5\nIp6InMcastPkts 3\n`), 12)
  assert.equal(readCounters(v4), 7)
  assert.throws(() => readCounters('Ip: Forwarding\nIp: 2\n'), /InReceives/)
})

test.run()
