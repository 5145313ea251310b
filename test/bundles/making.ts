// Bundles of a workspace, made by the real code with a stand-in for the executable.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildOptions, type Built, buildBundle } from '../../bundles/build.ts'
import { openCache } from '../../bundles/cache.ts'
import { emptyCatalog } from '../../bundles/catalog.ts'
import type { PlanOptions } from '../../bundles/plan/plan.ts'
import { type BundleHead, readHead } from '../../bundles/read.ts'
import { parseBundleSpec } from '../../cluster/bundle.ts'
import { createOutput } from '../../lib/output.ts'
import { fakeBytes, key, temporary } from './small.ts'

/** A new workspace with these fields of `spec`; it asks the registry `host` by plain HTTP. */
export function workspaceOf(host: string, fields: string): string {
  const folder = mkdtempSync(join(temporary, 'workspace-'))
  mkdirSync(join(folder, 'apps'))
  writeFileSync(join(folder, 'redoubt'), fakeBytes(40_000, 5))
  writeFileSync(
    join(folder, 'redoubt.yaml'),
    `apiVersion: redoubt.dev/v1alpha1
kind: Bundle
metadata: {name: tools}
spec:
  registries: [{host: '${host}', plainHttp: true}]
${fields}`,
  )
  return folder
}

/** What a build or a plan of a workspace needs, with a cache of its own; `given` replaces parts of it. */
export async function buildOptions(
  workspace: string,
  given: Partial<BuildOptions> = {},
): Promise<BuildOptions & PlanOptions> {
  return {
    spec: parseBundleSpec(readFileSync(join(workspace, 'redoubt.yaml'), 'utf8'), 'redoubt.yaml'),
    catalog: emptyCatalog,
    architecture: 'amd64',
    pins: undefined,
    moving: new Set(),
    jobs: 2,
    connections: given.jobs ?? 2,
    cache: await openCache(join(workspace, 'cache')),
    out: createOutput({ format: 'table', quiet: true, verbose: false, color: false }),
    signal: new AbortController().signal,
    workspace,
    target: join(workspace, 'tools-0.1.0.tar'),
    volumeSize: undefined,
    key: key.privateKey,
    withExecutable: (work) => work(join(workspace, 'redoubt')),
    executable: { size: 40_000, exact: true },
    tool: 'redoubt 0.0.0',
    builder: 'somebody',
    built: undefined,
    ...given,
  }
}

/** Builds the bundle of a workspace. */
export async function build(workspace: string, given: Partial<BuildOptions> = {}): Promise<Built> {
  return await buildBundle(await buildOptions(workspace, given))
}

/** Work with the head of a bundle that `key` signed. */
export async function withHead<T>(path: string, work: (head: BundleHead) => Promise<T>): Promise<T> {
  const head = await readHead(path, key.publicKey)
  try {
    return await work(head)
  } finally {
    await head.archive.file.close()
  }
}
