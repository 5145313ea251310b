// How others make one archive of the same images, each in the best way that it has.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../../lib/exec.ts'
import { onPath, tool } from './tools.ts'

interface Peer {
  name: string
  /** Writes all images into files below `folder`; the archive is `archive.tar`. */
  create: (folder: string, images: readonly string[]) => Promise<unknown>
}

/** Those that are here. */
export async function findPeers(): Promise<Peer[]> {
  const crane = await tool('crane')
  const skopeo = onPath('skopeo')
  const peers: Peer[] = [
    {
      name: 'crane pull, a tarball',
      create: (folder, images) => run([crane, 'pull', ...images, join(folder, 'archive.tar')]),
    },
    {
      name: 'crane pull, a layout, tar',
      create: async (folder, images) => {
        await run([crane, 'pull', '--format=oci', ...images, join(folder, 'layout')])
        await pack(folder)
      },
    },
  ]
  if (skopeo)
    peers.push({
      name: 'skopeo copy of each to a layout, tar',
      create: async (folder, images) => {
        await mkdir(join(folder, 'layout'))
        for (const image of images) {
          const name = image.replace(/^.*\//, '')
          await run([
            skopeo,
            'copy',
            '-q',
            '--src-tls-verify=false',
            `docker://${image}`,
            `oci:${folder}/layout:${name}`,
          ])
        }
        await pack(folder)
      },
    })
  return peers
}

/** skopeo's oci-archive holds one image: a layout of all is packed as that would be. */
async function pack(folder: string): Promise<void> {
  await run(['tar', '-C', join(folder, 'layout'), '-cf', join(folder, 'archive.tar'), '.'])
}
