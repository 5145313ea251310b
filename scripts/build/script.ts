import { build } from 'esbuild'
import { fail } from '../../lib/errors.ts'

/**
 * All of redoubt as one CommonJS script, stages still loaded only when they run. Paths in it are relative to `root`, so that the bytes do
 * not depend on where the checkout lies. Throws `failed` for whatever would not work in the executable.
 */
export async function bundleScript(root: string): Promise<Uint8Array> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['scripts/main.ts'],
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    // Only a checkout builds executables.
    external: ['esbuild', '*/build/executable.ts'],
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
    tsconfigRaw: {},
  })
  const [output] = result.outputFiles
  const [warning] = result.warnings
  if (warning)
    fail('failed', `the executable would not work: ${warning.text}`, {
      where: `${warning.location?.file ?? 'scripts/main.ts'}:${warning.location?.line ?? 1}`,
    })
  return output ? output.contents : fail('internal', 'esbuild wrote nothing')
}
