// Builds the bundle of the workspace that is named, in a process of its own, which others kill or measure. Prints its peak memory in KiB.
import { readFileSync } from 'node:fs'
import { build } from '../making.ts'

await build(process.argv[2] ?? '')
// Not of getrusage(2): that also counts what the process was before its exec.
process.stdout.write(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '')
