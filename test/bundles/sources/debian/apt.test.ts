import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import {
  parseMissing,
  parseShow,
  parseSimulation,
  unreadSuites,
} from '../../../../bundles/sources/debian/apt-output.ts'
import { selectSources } from '../../../../bundles/sources/debian/apt-sources.ts'

test('the simulation names what would be installed, in any of its forms', () => {
  const stdout = [
    'Inst libc6 (2.36-9+deb12u14 Debian:12.15/oldstable [amd64]) []',
    'Inst netbase (6.4 Debian:12.15/oldstable [all])',
    'Inst libssl3:amd64 [3.0.1] (3.0.22-1~deb12u2 Debian-Security:12/oldstable-security [amd64])',
    'Conf netbase (6.4 Debian:12.15/oldstable [all])',
    'Remv other [1.0]',
    '',
  ].join('\n')
  assert.deepEqual(parseSimulation(stdout), [
    { name: 'libc6', version: '2.36-9+deb12u14' },
    { name: 'netbase', version: '6.4' },
    { name: 'libssl3', version: '3.0.22-1~deb12u2' },
  ])
})

test('stanzas give digest and size; one without a digest is left out', () => {
  const hash = 'ab'.repeat(32)
  const stdout = `Package: nftables
Version: 1.0.6-2+deb12u2
Architecture: amd64
Depends: libnftables1 (= 1.0.6-2+deb12u2)
Description: Program
 Version: 9
Size: 70292
MD5sum: 00
SHA256: ${hash}

Package: other
Version: 1
Architecture: all
Size: 3
`
  const expected = {
    name: 'nftables',
    version: '1.0.6-2+deb12u2',
    architecture: 'amd64',
    digest: `sha256:${hash}`,
    size: 70292,
  }
  assert.deepEqual(parseShow(stdout), [expected])
})

const missing: { stderr: string; expected: string[] }[] = [
  { stderr: "E: Version '9' for 'nftables' was not found", expected: ['nftables 9'] },
  { stderr: '  E: Unable to locate package nosuch', expected: ['nosuch'] },
  {
    stderr:
      'E: Failed to fetch http://mirror.example/pool/main/n/nftables/nftables_1.0_amd64.deb  404  Not Found [IP: 1.2.3.4 80]',
    expected: ['nftables_1.0_amd64.deb'],
  },
  { stderr: 'E: Could not resolve mirror.example', expected: [] },
]
for (const { stderr, expected } of missing)
  test(`gone from the mirror: ${stderr.slice(0, 40)}`, () => assert.deepEqual(parseMissing(stderr), expected))

test('a suite of which no source could be read is named; one that another source has is not', () => {
  const target = (site: string, suite: string) =>
    `Packages|${suite}|/lists/${site}_dists_${suite}_main_binary-amd64_Packages`
  const configured = [
    target('a', 'bookworm'),
    target('b', 'bookworm'),
    target('b', 'bookworm-security'),
    'DEP-11|bookworm-x|/lists/x',
    '',
  ]
  const known = [`${target('a', 'bookworm')}.lz4`, target('b', 'bookworm-security')]
  const files = ['a_dists_bookworm_main_binary-amd64_Packages.lz4', 'b_dists_bookworm-security_InRelease']
  assert.deepEqual(unreadSuites(configured.join('\n'), known.join('\n'), files), ['bookworm-security'])
})

const oneLine = `# deb http://old.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] http://mirror.example/debian bookworm main contrib
deb http://mirror.example/debian bookworm-updates main # with updates
deb http://mirror.example/security bookworm/updates main
deb-src http://mirror.example/debian bookworm main
deb http://vendor.example/apt nodistro main
deb http://mirror.example/debian trixie main
`
const stanzas = `# A comment
Types: deb
URIs: http://mirror.example/debian
Suites: bookworm
 bookworm-updates
Components: main

Types: deb-src
URIs: http://mirror.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://vendor.example
Suites: bookwormish
Components: main
`

test('only entries of the release take part, whatever their format', () => {
  const selected = selectSources(
    [
      { name: 'sources.list', text: oneLine },
      { name: 'debian.sources', text: stanzas },
      { name: 'vendor.list', text: 'deb http://vendor.example/apt stable main\n' },
    ],
    'bookworm',
  )
  assert.deepEqual(
    selected.map((file) => file.name),
    ['sources.list', 'debian.sources'],
  )
  const [lines, kept] = selected.map((file) => file.text)
  assert.equal(
    lines,
    oneLine
      .split('\n')
      .slice(1, 4)
      .map((line) => `${line}\n`)
      .join(''),
  )
  assert.equal(kept, `${stanzas.split('\n').slice(1, 6).join('\n')}\n`)
})

test.run()
