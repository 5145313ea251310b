// A script stands for ctr; its table is one that ctr 2.2 gave.
import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporary } from './small.ts'

/** A ctr that shows what `table` holds, keeps what it is asked and given, and after an import shows what `after` holds. */
export async function withCtr(
  work: (folder: string, table: (text: string, after?: string) => Promise<void>) => Promise<void>,
) {
  const folder = await mkdtemp(join(temporary, 'ctr-'))
  const script = `#!/bin/sh
cd ${folder} && echo "$*" >> asked
case "$*" in
*check) echo "REF TYPE DIGEST STATUS SIZE UNPACKED"; cat table ;;
*import*) cat > given; cp after table ;;
esac
`
  await writeFile(join(folder, 'ctr'), script, { mode: 0o755 })
  const before = process.env.PATH
  process.env.PATH = `${folder}:${before}`
  try {
    await work(folder, async (text, after = '') => {
      await writeFile(join(folder, 'table'), text)
      await writeFile(join(folder, 'after'), after)
    })
  } finally {
    process.env.PATH = before
  }
}
