import { createPrivateKey } from 'node:crypto'
import { resolve } from 'node:path'
import { fingerprint, newKeyPair } from '../../../../bundles/keys.ts'
import { fail } from '../../../../lib/errors.ts'
import { ensureFolder, exists, writeAtomic } from '../../../../lib/files.ts'
import type { Context } from '../../../command.ts'

/** Makes the key pair that signs bundles. Refuses to overwrite either file unless forced. */
export async function keygen(
  { out, workspace }: Context,
  options: { key: string | undefined; force: boolean },
): Promise<number> {
  const privatePath = options.key ? resolve(options.key) : workspace.bundleKey
  const publicPath = publicName(privatePath)
  for (const path of [privatePath, publicPath])
    if (!options.force && (await exists(path)))
      fail('usage', 'is already there', {
        where: path,
        hint: 'Bundles signed with it stay valid only with its public key. To replace the pair, add --force.',
      })
  const { privateKey, publicKey } = newKeyPair()
  if (!options.key && !(await exists(workspace.root))) await ensureFolder(workspace.root)
  await writeAtomic(privatePath, privateKey, 0o600)
  await writeAtomic(publicPath, publicKey)
  const name = fingerprint(createPrivateKey(privateKey))
  if (out.format === 'json')
    out.json({
      kind: 'BundleKey',
      privateKey: privatePath,
      publicKey: publicPath,
      fingerprint: name,
    })
  else out.data(`${publicPath}  sha256:${name}`)
  out.note(
    `${privatePath} signs; keep it on the connected side. ${publicPath} goes inside, by another way than the bundle.`,
  )
  out.note('next: redoubt bundle build')
  return 0
}

/** `bundle.key` -> `bundle.pub`; any other name gets `.pub` appended. */
function publicName(path: string): string {
  return path.endsWith('.key') ? path.replace(/\.key$/, '.pub') : `${path}.pub`
}
