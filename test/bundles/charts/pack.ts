// Charts as archives, the bad ones too.
import { gzipSync } from 'node:zlib'
import { Header } from 'tar'

export interface Packed {
  path: string
  text?: string | Buffer
  type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice'
}

/** A `.tgz` of these entries, in this order. */
export function pack(entries: readonly Packed[]): Buffer {
  const blocks = entries.flatMap(({ path, text = '', type = 'File' }) => {
    const bytes = Buffer.from(text)
    const block = Buffer.alloc(512)
    const linkpath = type.endsWith('Link') ? 'Chart.yaml' : ''
    new Header({ path, type, size: type === 'File' ? bytes.length : 0, mode: 0o644, linkpath }).encode(block, 0)
    return [block, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
  })
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]))
}

/** A chart of these files, whose own folder has its name. */
export function packChart(name: string, files: Record<string, string | Buffer>, version = '1.0.0'): Buffer {
  const metadata = `apiVersion: v2\nname: ${name}\nversion: ${version}\nappVersion: "2.5"\n`
  return pack(
    Object.entries({ 'Chart.yaml': metadata, ...files }).map(([path, text]) => ({ path: `${name}/${path}`, text })),
  )
}
