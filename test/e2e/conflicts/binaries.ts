// Takes programs out of a bundle: a program is a blob, a component that runs as a container lies in the one layer of its image.
import { chmodSync, createWriteStream } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar'
import { type Bundle, openBundle } from '../../../bundles/read.ts'
import { readText } from '../../../lib/files.ts'

const programs = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd', 'kubelet', 'kubeadm'] as const
export type Program = (typeof programs)[number]

/** Places what is asked for in `folder`; every byte is checked against the bundle's signature. */
export async function takePrograms(
  path: string,
  keyPath: string,
  folder: string,
  wanted: readonly Program[],
): Promise<void> {
  const bundle = await openBundle(path, await readText(keyPath), keyPath)
  try {
    for (const name of wanted) await takeProgram(bundle, name, join(folder, name))
  } finally {
    await bundle.close()
  }
}

async function takeProgram(bundle: Bundle, name: Program, target: string): Promise<void> {
  const { image, binary } = bundle.lock.components[name] ?? {}
  if (image) {
    const manifest = JSON.parse(await textOf(bundle.blob(image.digest))) as { layers: { digest: string }[] }
    const layer = manifest.layers[0]?.digest ?? ''
    const place = `usr/local/bin/${name}`
    await pipeline(bundle.blob(layer), extract({ cwd: dirname(target), filter: (entry) => entry === place, strip: 3 }))
  } else if (binary) {
    await pipeline(bundle.blob(binary.digest), createWriteStream(target))
    chmodSync(target, 0o755)
  } else throw new Error(`the bundle holds no ${name}`)
}

async function textOf(stream: Readable): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}
