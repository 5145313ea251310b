import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { parseSpec } from '../../cluster/spec.ts'
import { RedoubtError } from '../../lib/errors.ts'

const good = `apiVersion: redoubt.dev/v1alpha1
kind: Cluster
metadata:
  name: lab
spec:
  kubernetes: v1.36.3
  nodes:
    - name: cp1
      role: control-plane
      address: 10.77.0.11
    - name: w1
      role: worker
      address: 10.77.0.12
`

test('a short spec is filled with defaults', () => {
  const { spec } = parseSpec(good, 'redoubt.yaml')
  assert.equal(spec.network.podCIDR, '10.244.0.0/16')
  assert.equal(spec.ssh.user, 'root')
  assert.deepEqual(spec.components['kube-apiserver'].args, {})
})

const bad: { name: string; change: [string, string]; where: string; message: RegExp }[] = [
  {
    name: 'unknown field',
    change: ['  kubernetes', '  colour: red\n  kubernetes'],
    where: 'redoubt.yaml:6:3',
    message: /colour: unknown field; known here: kubernetes, nodes/,
  },
  {
    name: 'duplicate name',
    change: ['name: w1', 'name: cp1'],
    where: 'redoubt.yaml:11:7',
    message: /two nodes have the name cp1/,
  },
  {
    name: 'duplicate address',
    change: ['10.77.0.12', '10.77.0.11'],
    where: 'redoubt.yaml:13:7',
    message: /two nodes have the address/,
  },
  ...['constructor', 'prototype'].map((name) => ({
    name: `a node ${name}`,
    change: ['name: w1', `name: ${name}`] as [string, string],
    where: 'redoubt.yaml:11:7',
    message: /cannot be the name of a node/,
  })),
  { name: 'no DNS label', change: ['name: w1', 'name: W_1'], where: 'redoubt.yaml:11:7', message: /no DNS label/ },
  { name: 'unsupported version', change: ['v1.36.3', 'v1.20.0'], where: 'redoubt.yaml:6:3', message: /v1.36.3/ },
  { name: 'no address', change: ['10.77.0.12', '10.77.0.300'], where: 'redoubt.yaml:13:7', message: /no IPv4 address/ },
  ...['0.0.0.0', '127.0.0.1', '224.0.0.1', '255.255.255.255'].map((address) => ({
    name: `address ${address}`,
    change: ['10.77.0.12', address] as [string, string],
    where: 'redoubt.yaml:13:7',
    message: /no address at which other hosts/,
  })),
  ...[
    { line: 'endpoint: "a b; $(id)"', message: /spec.endpoint: "a b; .* no DNS name/ },
    { line: 'endpoint: "x\\ny: z"', message: /no DNS name/ },
    { line: 'endpoint: ""', message: /no DNS name/ },
    { line: 'endpoint: 10.0.0.300', message: /no IPv4 address and no DNS name/ },
    { line: 'endpoint: "10.0.0.1:6443"', message: /no DNS name/ },
    { line: `endpoint: ${'a.'.repeat(130)}a`, message: /no DNS name/ },
    { line: 'network: {dnsDomain: "a {\\n forward . 192.0.2.1\\n}\\nb"}', message: /dnsDomain: .*no DNS name/ },
    { line: `network: {dnsDomain: ${'a.'.repeat(120)}a}`, message: /at most 230/ },
    { line: 'ssh: {user: "-oProxyCommand=id"}', message: /no user name/ },
    { line: 'ssh: {user: ""}', message: /no user name/ },
    { line: 'ssh: {key: "a\\nProxyCommand id"}', message: /control character/ },
    { line: 'bundle: {files: [{name: x, path: "a\\0b"}]}', message: /control character/ },
    { line: 'components: {etcd: {args: {v: "2\\n- --x"}}}', message: /control character/ },
    { line: 'components: {etcd: {args: {__proto__: x}}}', message: /__proto__ cannot be a key here/ },
    { line: 'toString: x', message: /toString cannot be a key here/ },
    {
      line: 'waivers: [{control: x, reason: long enough it is, expires: 2027-02-31}]',
      message: /no day of the calendar/,
    },
    { line: 'waivers: [{control: x, reason: long enough it is, expires: 9999-99-99}]', message: /expected a date/ },
  ].map(({ line, message }) => ({
    name: line.slice(0, 60),
    change: ['  nodes', `  ${line}\n  nodes`] as [string, string],
    where: 'redoubt.yaml:7:',
    message,
  })),
  {
    name: 'overlapping networks',
    change: ['  nodes', '  network: {podCIDR: 10.96.0.0/12}\n  nodes'],
    where: 'redoubt.yaml:7:3',
    message: /overlap/,
  },
  {
    name: 'node inside the pod network',
    change: ['  nodes', '  network: {podCIDR: 10.77.0.0/16}\n  nodes'],
    where: 'redoubt.yaml:11:7',
    message: /lies inside/,
  },
  {
    name: 'no control plane',
    change: ['control-plane', 'worker'],
    where: 'redoubt.yaml:7:3',
    message: /control-plane/,
  },
  {
    name: 'duplicate key',
    change: ['  kubernetes', '  nodes: []\n  kubernetes'],
    where: 'redoubt.yaml:8:3',
    message: /unique/,
  },
  {
    name: 'a misspelt field, not the missing one that it makes',
    change: ['      address: 10.77.0.11', '      adress: 10.77.0.11'],
    where: 'redoubt.yaml:10:7',
    message: /^spec\.nodes\.0\.adress: unknown field; known here: name, role, address, podCIDR$/,
  },
  ...(
    [
      ['profile: hardend', 'spec.profile: expected "kubeadm" or "hardened" or "stig", found "hardend"'],
      ['audit: {maxAge: "x"}', 'spec.audit.maxAge: expected a number, found "x"'],
      ['audit: {maxAge: 30.5}', 'spec.audit.maxAge: expected a whole number, found 30.5'],
      ['audit: {maxAge: 3}', 'spec.audit.maxAge: expected at least 30, found 3'],
      ['waivers: {}', 'spec.waivers: expected a list, found fields'],
      ['ssh:', 'spec.ssh: expected fields, found nothing'],
      ['profile: "\\e[2J\\nforged"', 'spec.profile: expected "kubeadm" or "hardened" or "stig", found "?\\[2J?forged"'],
      ['"\\e[2J": 1', 'spec.?\\[2J: unknown field; known here: .*'],
    ] as const
  ).map(([line, text]) => ({
    name: `in plain words: ${line}`,
    change: ['  nodes', `  ${line}\n  nodes`] as [string, string],
    where: 'redoubt.yaml:7:',
    message: new RegExp(`^${text.replaceAll(/\.(?!\*)/g, '\\.').replaceAll('?', '\\?')}$`),
  })),
  { name: 'missing field', change: ['      role: worker\n', ''], where: 'redoubt.yaml:11:7', message: /role: missing/ },
]

for (const { name, change, where, message } of bad)
  test(`${name} is refused at its line`, () => {
    assert.throws(
      () => parseSpec(good.replace(...change), 'redoubt.yaml'),
      (error) => {
        assert.ok(error instanceof RedoubtError)
        assert.match(error.message, message)
        assert.ok(error.where?.startsWith(where), error.where)
        assert.equal(error.code, 'usage')
        return true
      },
    )
  })

test.run()
