import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { findChart } from '../../../bundles/charts/repository.ts'

const hex = 'ab'.repeat(32)
/** As helm 3.17 writes it. */
const index = `apiVersion: v1
entries:
  alpine:
  - apiVersion: v2
    name: alpine
    urls:
    - alpine-1.0.0.tgz
    version: 1.0.0
  app:
  - annotations:
      note: |
        app:
        version: 9.9.9
    apiVersion: v2
    dependencies:
    - name: other
      version: 7.7.7
    digest: ${hex}
    name: app
    urls:
    - https://elsewhere.example/app-2.0.0.tgz
    version: 2.0.0
  - apiVersion: v2
    name: app
    urls:
    - charts/app-1.0.0+b1.tgz
    version: v1.0.0+b1
generated: "2026-01-01T00:00:00Z"
`
/** As ChartMuseum does: items deeper than their key. */
const deeper = index.replaceAll(/^( {2}- | {4})/gm, (text) => `  ${text}`)
/** As people do. */
const inBraces = `entries:
  alpine:
    - {name: alpine, version: 1.0.0, urls: [alpine-1.0.0.tgz]}
  app:
    - {name: app, "version": "2.0.0", digest: ${hex}, urls: ["https://elsewhere.example/app-2.0.0.tgz"],
       dependencies: [{name: other, version: 7.7.7}]}
    - {urls: [charts/app-1.0.0+b1.tgz], version: v1.0.0+b1}
`
const url = new URL('https://charts.example/stable/index.yaml')
const find = (text: string, name: string, version: string) =>
  findChart(Buffer.from(text), name, version, url, 'redoubt.yaml:8:7')

for (const [style, text] of [
  ['of helm', index],
  ['of ChartMuseum', deeper],
  ['in braces', inBraces],
  ['with CRLF', index.replaceAll('\n', '\r\n')],
] as const)
  test(`an index ${style}: each version has its own URL and digest`, () => {
    assert.deepEqual(find(text, 'app', '2.0.0'), {
      url: new URL('https://elsewhere.example/app-2.0.0.tgz'),
      digest: `sha256:${hex}`,
    })
    assert.deepEqual(find(text, 'app', '1.0.0+b1'), {
      url: new URL('https://charts.example/stable/charts/app-1.0.0+b1.tgz'),
      digest: undefined,
    })
    assert.equal(find(text, 'alpine', '1.0.0').url.pathname, '/stable/alpine-1.0.0.tgz')
  })

const wrong: { name: string; text: string; chart: [string, string]; message: RegExp; hint?: RegExp }[] = [
  {
    name: 'a chart that is not there',
    text: index,
    chart: ['apq', '1.0.0'],
    message: /no chart apq/,
    hint: /There is app\./,
  },
  {
    name: 'a version that is not there',
    text: index,
    chart: ['app', '3.0.0'],
    message: /no app 3.0.0/,
    hint: /It has 2.0.0, v1.0.0\+b1\./,
  },
  { name: 'a version of a dependency', text: index, chart: ['app', '7.7.7'], message: /no app 7.7.7/ },
  { name: 'a page', text: '<html>', chart: ['app', '1.0.0'], message: /no index/, hint: /<html>/ },
  {
    name: 'a file URL',
    text: index.replace('https://elsewhere.example', 'file://'),
    chart: ['app', '2.0.0'],
    message: /file: URL/,
  },
  {
    name: 'a password in a URL',
    text: index.replace('https://', 'https://u:p@'),
    chart: ['app', '2.0.0'],
    message: /URL/,
  },
  { name: 'a digest that is none', text: index.replace(hex, 'md5:1'), chart: ['app', '2.0.0'], message: /no SHA-256/ },
]
for (const { name, text, chart, message, hint } of wrong)
  test(`refused: ${name}`, () =>
    assert.throws(() => find(text, ...chart), {
      code: 'failed',
      where: 'redoubt.yaml:8:7',
      message,
      ...(hint ? { hint } : {}),
    }))

test('an index of 40 MB is searched without becoming an object', () => {
  const filler = Array.from(
    { length: 120_000 },
    (_, n) => `  - name: big\n    version: 0.0.${n}\n    description: ${'d'.repeat(260)}\n`,
  ).join('')
  const text = index.replace('entries:\n', `entries:\n  big:\n${filler}`)
  assert.equal(find(text, 'app', '2.0.0').digest, `sha256:${hex}`)
})

test.run()
