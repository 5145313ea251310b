import { supportedVersions } from '../../cluster/versions.ts'
import { asset, isExecutable } from '../../lib/assets.ts'
import type { Context } from '../command.ts'

/** Prints our version, the runtime's, and the Kubernetes versions that the catalogue carries. */
export async function version({ out }: Context): Promise<number> {
  const own = ownVersion()
  if (out.format === 'json')
    out.json({
      kind: 'Version',
      version: own,
      node: process.versions.node,
      kubernetes: supportedVersions,
      executable: isExecutable(),
    })
  else out.data(`redoubt ${own} (Kubernetes ${supportedVersions.join(', ')}; Node ${process.versions.node})`)
  return 0
}

/** The version in package.json. */
export function ownVersion(): string {
  return JSON.parse(asset('package.json').toString('utf8')).version
}
