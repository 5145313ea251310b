import * as assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'uvu'
import { RedoubtError } from '../../lib/errors.ts'
import { run, stream } from '../../lib/exec.ts'

const failsWith = (code: string, pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RedoubtError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, pattern)
  return true
}

test('arguments reach the program as they are, never through a shell', async () => {
  const words = ['a b', '$(id)', "it's", '*', '', 'ä\n']
  const { stdout } = await run(['printf', '%s|', ...words])
  assert.equal(stdout, words.map((word) => `${word}|`).join(''))
})

test('input and environment', async () => {
  assert.equal((await run(['cat'], { input: 'hello' })).stdout, 'hello')
  assert.equal((await run(['cat'])).stdout, '')
  assert.equal((await run(['sh', '-c', 'echo $WORD'], { env: { WORD: 'x' } })).stdout, 'x\n')
})

test('a failure names program, exit code and the end of stderr; keys are blanked out', async () => {
  await assert.rejects(
    run(['sh', '-c', 'echo "-----BEGIN PRIVATE KEY----- MII" >&2; exit 7']),
    failsWith('failed', /^sh failed with exit code 7:\n {2}\[redacted private key\]$/),
  )
  await assert.rejects(
    run(['no-such-program-here']),
    failsWith('failed', /^no-such-program-here is not installed here$/),
  )
  assert.equal((await run(['sh', '-c', 'exit 3'], { accept: [3] })).code, 3)
})

test('an aborted run is interrupted, not failed', async () => {
  const abort = new AbortController()
  abort.abort()
  await assert.rejects(run(['cat'], { signal: abort.signal }), failsWith('interrupted', /interrupted/))
  await assert.rejects(stream(['cat'], { signal: abort.signal }), failsWith('interrupted', /interrupted/))
})

test('stream: bytes in and out, exit code and errors', async () => {
  const chunks: Buffer[] = []
  const stdin = Readable.from([Buffer.alloc(100_000, 1), Buffer.alloc(100_000, 2)])
  await stream(['cat'], { stdin, onStdout: (chunk) => void chunks.push(chunk) })
  assert.equal(Buffer.concat(chunks).length, 200_000)
  await assert.rejects(stream(['sh', '-c', 'echo no >&2; exit 5']), failsWith('failed', /exit code 5:\n {2}no/))
  await assert.rejects(stream(['no-such-program-here']), failsWith('failed', /not installed/))
})

test('a program that ends before reading all its input reports its own failure', async () => {
  const stdin = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(100_000)))
  await assert.rejects(stream(['sh', '-c', 'exit 9'], { stdin }), failsWith('failed', /exit code 9/))
})

test.run()
