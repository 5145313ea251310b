// A small whole bundle, made by the real code from fake programs: for tests that read, break and compare bundles.

import * as assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { adopt, cachedBlob, openCache } from '../../bundles/cache.ts'
import { type Blob, bytesBlob } from '../../bundles/format/parts.ts'
import { signBytes } from '../../bundles/keys.ts'
import { assembleImage, type Image } from '../../bundles/produce/image.ts'
import { type Layout, layOut } from '../../bundles/write/layout.ts'
import { writeVolumes } from '../../bundles/write/volumes.ts'
import { writeBundle } from '../../bundles/write/write.ts'
import type { ImageName } from '../../cluster/components.ts'
import { type Lock, parseLock } from '../../cluster/lock.ts'
import { RedoubtError } from '../../lib/errors.ts'

const here = dirname(fileURLToPath(import.meta.url))

/** An Ed25519 key from a fixed seed: PKCS#8 (RFC 8410) is these 16 bytes and the seed. */
export function fixedKey(seed: number) {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seed)])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey)
  return { privateKey, publicKey, publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() }
}

export const key = fixedKey(7)

/** The fixture lock, with the digests of images that are really there. */
function lockFor(images: Record<string, Image>): Lock {
  const path = join(here, '../fixtures/redoubt.lock.yaml')
  const lock = parseLock(readFileSync(path, 'utf8'), path)
  for (const [name, image] of Object.entries(images)) {
    const entry = lock.components[name as ImageName]
    if (entry?.image) entry.image = { name: image.name, digest: image.manifest.digest, size: image.manifest.size }
  }
  return lock
}

export const temporary = mkdtempSync(join(tmpdir(), 'redoubt-bundle-'))
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }))

/** Bytes that look random and are always the same. */
export function fakeBytes(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size)
  let state = seed
  for (let index = 0; index < size; index++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    bytes[index] = state >> 16
  }
  return bytes
}

interface Small {
  layout: Layout
  images: Record<string, Image>
  blobs: Blob[]
  lock: Lock
}

/** Lays out a bundle of two images, a program and an empty file. `reversed`: the parts handed over in another order. */
export async function smallLayout(reversed = false): Promise<Small> {
  const cache = await openCache(join(temporary, 'cache'))
  const programs: [ImageName, number][] = [
    ['etcd', 3000],
    ['pause', 700],
  ]
  const images: Record<string, Image> = {}
  for (const [index, [name, size]] of programs.entries()) {
    const file = join(temporary, name)
    await writeFile(file, fakeBytes(size, index + 1))
    const program = await adopt(cache, file)
    const recipe = { program: `usr/local/bin/${name}`, entrypoint: [`/usr/local/bin/${name}`], user: '65532:65532' }
    images[name] = await assembleImage(
      cache,
      { name, version: 'v1.0.0+b1', architecture: 'amd64', recipe, program, further: [], entries: [] },
      () => {},
    )
  }
  const file = join(temporary, 'kubelet')
  await writeFile(file, fakeBytes(2_500_000, 9))
  const kubelet = await adopt(cache, file)
  const all = Object.values(images).flatMap((image) => [image.manifest, image.config, image.layer])
  all.push(cachedBlob(cache, kubelet), bytesBlob(''))
  const blobs = reversed ? all.reverse() : all
  const executable = bytesBlob('#!/bin/sh\necho a stand-in for redoubt\n')
  const lock = lockFor(images)
  const layout = layOut({
    name: 'lab',
    version: '0.1.0',
    tool: 'redoubt 0.0.0',
    lock,
    executable,
    executableSignature: signBytes((executable.parts[0] as { bytes: Uint8Array }).bytes, key.privateKey),
    images: Object.values(images),
    blobs,
    key: key.privateKey,
  })
  return { layout, images, blobs, lock }
}

/** Lays the parts of that bundle out as another version of it, its lock changed, or with other blobs. */
export async function otherLayout(version: string, changed: Partial<Lock> = {}, instead?: Blob[]): Promise<Layout> {
  const { layout, images, blobs, lock } = await smallLayout()
  const [executable, signature] = layout.entries.map((entry) => entry.blob)
  const [part] = signature?.parts ?? []
  if (!executable || !part || !('bytes' in part)) throw new Error('the small bundle has no executable')
  return layOut({
    name: 'lab',
    version,
    tool: 'redoubt 0.0.0',
    lock: { ...lock, ...changed },
    executable,
    executableSignature: Buffer.from(part.bytes),
    images: Object.values(images),
    blobs: instead ?? blobs,
    key: key.privateKey,
  })
}

/**
 * Lays out a bundle without a cluster, whose lock is true: the two images, a package, and a file of this name. `version`: another one.
 * `further`: more files, by name.
 */
export async function partsLayout(
  fileName: string,
  version = '0.1.0',
  further: Readonly<Record<string, Uint8Array>> = {},
): Promise<Layout> {
  const { images, blobs } = await smallLayout()
  const note = bytesBlob('read me\n')
  const ref = ({ digest, size }: { digest: string; size: number }) => ({ digest, size })
  const more = Object.entries(further).map(([name, bytes]) => ({ name, blob: bytesBlob(bytes) }))
  const lock: Partial<Lock> = {
    kubernetes: undefined,
    components: {},
    packages: [{ name: 'tool', version: '1:2.0-1', architecture: 'amd64', ...ref(note) }],
    imagePackages: [],
    files: [{ name: fileName, ...ref(note) }, ...more.map(({ name, blob }) => ({ name, ...ref(blob) }))],
    charts: [{ name: 'web', version: '1.0.0', from: 'a folder', archive: ref(note) }],
    images: Object.values(images).map(({ name, mediaType, manifest, config, layer }) => ({
      name,
      mediaType,
      ...ref(manifest),
      platforms: [],
      artifacts: [],
      blobs: [config, layer].map(ref),
    })),
  }
  const small = blobs.filter(({ size }) => size < 1_000_000)
  return await otherLayout(version, lock, [...small, note, ...more.map(({ blob }) => blob)])
}

/** Writes that bundle as volumes of at most `volumeSize` bytes, to `NAME` in the temporary folder; returns their paths. */
export async function smallVolumes(name: string, volumeSize: number): Promise<string[]> {
  const options = { volumeSize, key: key.privateKey, name: 'lab', version: '0.1.0' }
  const { layout } = await smallLayout()
  return await writeVolumes(join(temporary, name), layout, options, () => {}, new AbortController().signal)
}

/** Writes that bundle to `NAME` in the temporary folder; returns its path. */
export async function smallBundle(name: string, reversed = false): Promise<string> {
  const path = join(temporary, name)
  await writeBundle(path, (await smallLayout(reversed)).layout, () => {}, new AbortController().signal)
  return path
}

/** The error of ours that work ends with, if any; another kind of error fails the test. */
export async function refusal(work: Promise<unknown>): Promise<RedoubtError | undefined> {
  try {
    await work
  } catch (error) {
    assert.ok(error instanceof RedoubtError, error instanceof Error ? error.stack : String(error))
    return error
  }
  return undefined
}
