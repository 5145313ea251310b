// npm run build: the executable, to dist/redoubt.
import { checkout } from '../lib/assets.ts'
import { describeError, exitCodes, RedoubtError } from '../lib/errors.ts'
import { formatBytes } from '../lib/output.ts'
import { buildExecutable } from './build/executable.ts'

const started = performance.now()
buildExecutable(`${checkout()}/dist/redoubt`).then(
  ({ path, size, sha256 }) => {
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    process.stdout.write(`${path}  ${formatBytes(size)}  sha256:${sha256}  ${seconds}s\n`)
  },
  (error: unknown) => {
    process.stderr.write(`error: ${describeError(error, process.argv.includes('--debug'))}\n`)
    process.exitCode = exitCodes[error instanceof RedoubtError ? error.code : 'internal']
  },
)
