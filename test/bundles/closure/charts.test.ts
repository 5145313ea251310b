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
