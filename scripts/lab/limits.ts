import { readFile, writeFile } from 'node:fs/promises'
import { throwWriteError } from '../../lib/files.ts'

/**
 * What the hosts share with this machine and soon use up at its defaults: every systemd, kubelet and containerd of every host counts as
 * this machine's root (proc_sys_fs(5)). Values are the least that a lab needs.
 */
const limits: Record<string, number> = {
  '/proc/sys/fs/inotify/max_user_instances': 8192,
  '/proc/sys/fs/inotify/max_user_watches': 524_288,
}

/** Raises the limits that are too low, until this machine starts again. Resolves with what it changed, as `fs.inotify.NAME=VALUE`. Throws `failed`. */
export async function raiseLimits(): Promise<string[]> {
  const changed: string[] = []
  for (const [path, least] of Object.entries(limits)) {
    if (Number(await readFile(path, 'utf8')) >= least) continue
    await writeFile(path, String(least)).catch((error: unknown) => throwWriteError(error, path))
    changed.push(`${path.slice('/proc/sys/'.length).replaceAll('/', '.')}=${least}`)
  }
  return changed
}
