// What a bundle is to hold, whichever kind of redoubt.yaml says it.
import * as v from 'valibot'
import { readText } from '../lib/files.ts'
import { parseYaml } from '../lib/yaml.ts'
import { checkFile } from './check.ts'
import { kindOf, type LoadedSpec, parseSpec } from './spec.ts'
import { type BundleFields, bundleEntries, label } from './spec-bundle.ts'

const schema = v.strictObject({
  apiVersion: v.literal('redoubt.dev/v1alpha1'),
  kind: v.literal('Bundle'),
  metadata: v.strictObject({ name: label }),
  spec: v.strictObject(bundleEntries),
})

/** The wanted contents of a bundle, checked. */
export interface BundleSpec extends BundleFields {
  name: string
  /** The cluster that it is for; undefined for a bundle by itself. */
  cluster: LoadedSpec | undefined
  /** `redoubt.yaml:12:9` of a field of the bundle: `['images', 0]`. */
  where(path: readonly (string | number)[]): string
}

/** Reads redoubt.yaml of either kind. Throws `usage` with file:line:column for the first thing that is wrong. */
export async function loadBundleSpec(path: string): Promise<BundleSpec> {
  return parseBundleSpec(
    await readText(path, 'Run `redoubt init` in an empty folder, or name one with --workspace.'),
    path,
  )
}

/** As loadBundleSpec, from text; `file` is the name used in errors. */
export function parseBundleSpec(text: string, file: string): BundleSpec {
  const yaml = parseYaml(text, file)
  if (kindOf(yaml.value) !== 'Bundle') return bundleOf(parseSpec(text, file))
  const { metadata, spec } = checkFile(schema, yaml, 'What a bundle may say stands in docs/bundle.md.')
  return {
    ...spec,
    name: metadata.name,
    cluster: undefined,
    where: (path) => yaml.where(['spec', ...path]),
  }
}

/** The bundle of a cluster. */
export function bundleOf(cluster: LoadedSpec): BundleSpec {
  return {
    ...cluster.spec.bundle,
    name: cluster.metadata.name,
    cluster,
    where: (path) => cluster.where(['spec', 'bundle', ...path]),
  }
}
