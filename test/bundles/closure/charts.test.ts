import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { readChartArchive } from '../../../bundles/charts/archive.ts'
import { wantsOfRendered, wantsUnrendered } from '../../../bundles/closure/charts.ts'
import { packChart } from '../charts/pack.ts'

test('of what helm renders each image says its template', () => {
  const text = `---
# Source: app/crds/x.yaml
kind: CustomResourceDefinition
---
# Source: app/templates/web.yaml
kind: Pod
spec: {containers: [{image: nginx}]}
---
# Source: app/charts/db/templates/db.yaml
kind: Pod
spec: {containers: [{image: postgres:17}]}
`
  assert.deepEqual(wantsOfRendered(text, 'app 1.0.0'), [
    { image: 'nginx', where: 'app 1.0.0: app/templates/web.yaml', sure: true },
    { image: 'postgres:17', where: 'app 1.0.0: app/charts/db/templates/db.yaml', sure: true },
  ])
})

const chart = packChart('app', {
  'values.yaml':
    'image: {repository: a/app, tag: ""}\nsidecar: {image: "a/side:1"}\ndb: {image: {tag: "18"}}\nold: {image: "a/old:1"}\n',
  'templates/web.yaml': 'image: "{{ .Values.image.repository }}:{{ .Chart.AppVersion }}"\n',
  'templates/fixed.yaml': 'containers:\n  - image: "a/fixed:3" # always\n',
  'templates/tests/t.yaml': 'image: busybox\n',
  'crds/c.yaml': 'kind: CustomResourceDefinition\nspec: {properties: {image: {default: "a/crd:1"}}}\n',
  'charts/db/Chart.yaml': 'name: db\nversion: 1.0.0\nappVersion: "17"\n',
  'charts/db/values.yaml': 'image: {repository: postgres, tag: "17"}\nexporter: {image: {repository: a/exporter}}\n',
})
const unrendered = async (given?: unknown) => {
  const { wants, computed } = wantsUnrendered(await readChartArchive(chart, 'x'), 'app 1.0.0', given)
  return {
    wants: wants
      .map(({ image, where, sure }) => `${image} ${where.replace('app 1.0.0: ', '')}${sure ? '' : '?'}`)
      .sort(),
    computed,
  }
}

test('without helm, values and templates are read: inner charts, outer words over inner ones, versions for empty tags', async () => {
  const { wants, computed } = await unrendered()
  assert.deepEqual(wants, [
    'a/app:2.5 values.yaml: image.repository',
    'a/crd:1 crds/c.yaml?',
    'a/exporter:17 charts/db/values.yaml: exporter.image.repository',
    'a/fixed:3 templates/fixed.yaml:2',
    'a/old:1 values.yaml: old.image',
    'a/side:1 values.yaml: sidecar.image',
    'postgres:18 charts/db/values.yaml: image.repository',
  ])
  assert.deepEqual(computed, ['templates/web.yaml'])
})

const lines: [string, string[], boolean][] = [
  ['      - {name: s, image: "h:5000/lib/side:0.3"}', ['h:5000/lib/side:0.3'], false],
  ['containers: [{image: a/b:1, name: x}, {"image": "c/d:2"}]', ['a/b:1', 'c/d:2'], false],
  ['- {name: {{ .Values.name }}, image: a/b:1}', ['a/b:1'], false],
  ['  - image: a/b:1 {{- if .Values.x }}', ['a/b:1'], false],
  ['{name: x, image: {{ .Values.image }}}', [], true],
  ['{name: x, image: "a/b:{{ .Values.tag }}"}', [], true],
  ['# image: a/b:1', [], false],
  ['name: x # {image: a/b:1}', [], false],
  ['description: the image: that one', [], false],
  ['{{- $image := .Values.image }}', [], false],
  ['{{ printf "image: %s" .Values.image }}', [], false],
  ['{{/* {image: a/b:1} */}}', [], false],
  ['baseimage: a/b:1', [], false],
]
for (const [line, images, computed] of lines)
  test(`a line of a template: ${line}`, async () => {
    const archive = await readChartArchive(packChart('app', { 'templates/x.yaml': `${line}\n` }), 'x')
    const found = wantsUnrendered(archive, 'app', undefined)
    assert.deepEqual(
      found.wants.map(({ image }) => image),
      images,
    )
    assert.equal(found.computed.length > 0, computed)
  })

test('the values of an installation go over those of the chart; null takes away', async () => {
  const { wants } = await unrendered({ image: { tag: 'v9' }, old: null, db: { image: { registry: 'quay.io' } } })
  assert.deepEqual(
    wants.filter((want) => /values/.test(want)),
    [
      'a/app:v9 values.yaml: image.repository',
      'a/exporter:17 charts/db/values.yaml: exporter.image.repository',
      'a/side:1 values.yaml: sidecar.image',
      'quay.io/postgres:18 charts/db/values.yaml: image.repository',
    ],
  )
})

test.run()
