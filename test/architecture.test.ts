import * as assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { listFiles } from '../lib/files.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folders = ['lib', 'cluster', 'pki', 'bundles', 'templates', 'scripts'] as const

/** Which folders each may import from: itself and those before it; pki and bundles do not know each other. */
const allowed: Record<string, readonly string[]> = {
  lib: ['lib'],
  cluster: ['lib', 'cluster'],
  pki: ['lib', 'cluster', 'pki'],
  bundles: ['lib', 'cluster', 'bundles'],
  templates: ['lib', 'cluster', 'pki', 'bundles', 'templates'],
  scripts: folders,
}

/** Packages that only the named files may import. */
const homes: Record<string, RegExp> = {
  'zx/core': /^lib\/exec\.ts$/,
  ora: /^lib\/output\.ts$/,
  yaml: /^lib\/yaml\.ts$/,
  'node-forge': /^lib\/der\.ts$/,
  tar: /^bundles\//,
  valibot: /^(cluster|bundles|pki|templates|scripts)\//,
  esbuild: /^scripts\/build\//,
}

interface Import {
  file: string
  target: string
}

async function imports(folder: string): Promise<Import[]> {
  const files = (await listFiles(join(root, folder))).filter((path) => path.endsWith('.ts'))
  return files.flatMap((path) => {
    const file = `${folder}/${path}`
    const text = readFileSync(join(root, file), 'utf8')
    return [...text.matchAll(/(?:\bfrom|\bimport\()\s*'([^'\n]+)'/g)].map((match) => ({ file, target: match[1] ?? '' }))
  })
}

function violation({ file, target }: Import): string | undefined {
  if (target.startsWith('node:')) return undefined
  if (!target.startsWith('.')) {
    const home = homes[target]
    if (!home) return `${file} imports the package ${target}, which docs/dependencies.md does not place`
    return home.test(file) ? undefined : `${file} imports ${target}, whose place is ${home}`
  }
  const from = file.split('/')[0] ?? ''
  const to = resolve('/', dirname(file), target).split('/')[1] ?? ''
  return allowed[from]?.includes(to) ? undefined : `${file} imports ${target}: ${from} must not know ${to}`
}

for (const folder of folders)
  test(`${folder} imports only what its place in the house allows`, async () => {
    const found = await imports(folder)
    assert.ok(found.length > 0, `${folder} has no imports at all: is the folder still there?`)
    assert.deepEqual(found.map(violation).filter(Boolean), [])
  })

test('the rule can fail', () => {
  assert.match(violation({ file: 'pki/issue.ts', target: '../bundles/tar.ts' }) ?? '', /pki must not know bundles/)
  assert.match(violation({ file: 'pki/issue.ts', target: 'zx/core' }) ?? '', /whose place is/)
  assert.equal(violation({ file: 'templates/render.ts', target: '../pki/public.ts' }), undefined)
})

test('shipped code has neither top-level await nor import.meta: the executable is CommonJS', async () => {
  const guilty: string[] = []
  for (const folder of folders)
    for (const path of await listFiles(join(root, folder)))
      if (path.endsWith('.ts') && `${folder}/${path}` !== 'scripts/build.ts') {
        const text = readFileSync(join(root, folder, path), 'utf8')
        if (/import\.meta|^(const .* = )?await /m.test(text)) guilty.push(`${folder}/${path}`)
      }
  assert.deepEqual(guilty, [])
})

test.run()
