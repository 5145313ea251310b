import { readFile } from 'node:fs/promises'
import { run } from '../../lib/exec.ts'

/** Unmounts whatever is mounted at or below `folder` in this process's view, the deepest first. */
export async function unmountBelow(folder: string): Promise<void> {
  const points = mountPoints(await readFile('/proc/self/mountinfo', 'utf8'), folder)
  for (const point of points) await run(['umount', '--lazy', point])
}

/** The mount points at or below `folder`, the last mounted first. `mountinfo` as proc(5) describes it: octal escapes. */
export function mountPoints(mountinfo: string, folder: string): string[] {
  return mountinfo
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replaceAll(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .reverse()
}
