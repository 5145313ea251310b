// Asks the programs which flags they have, and compares that with what templates/versions.ts says.
import { configurable } from '../../../cluster/components.ts'
import { isAtLeast } from '../../../cluster/versions.ts'
import { run } from '../../../lib/exec.ts'
import { differences } from '../../../templates/versions.ts'

/** Throws unless each program has every flag of the table that this minor takes, and none that it does not. */
export async function compareFlags(root: string, minor: string): Promise<void> {
  const wrong: string[] = []
  for (const program of configurable) {
    if (program === 'etcd') continue // the same for every version
    const { stdout } = await run(['/usr/sbin/chroot', root, program, '--help'])
    const flags = new Set([...stdout.matchAll(/^ +(?:-\w, )?--([a-z0-9-]+)/gm)].map((match) => match[1]))
    if (flags.size < 50) throw new Error(`${program} --help shows ${flags.size} flags`)
    for (const { kind, components, names, since, until } of differences) {
      if (kind !== 'flag' || !components?.includes(program)) continue
      const takes = (!since || isAtLeast(minor, since)) && (!until || !isAtLeast(minor, until))
      for (const name of names)
        if (flags.has(name) !== takes) wrong.push(`${program} --${name}: ${takes ? 'not there' : 'there'}`)
    }
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
}
