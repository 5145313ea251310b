import { createReadStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { run, stream } from '../../../lib/exec.ts'
import { exists, writeAtomic } from '../../../lib/files.ts'
import { sha256File } from '../../../lib/hash.ts'
import {
  check,
  checkout,
  expectCode,
  expectMatch,
  expectSame,
  inside,
  must,
  on,
  opWorkspace,
  redoubt,
  workspace,
} from '../harness.ts'

export const archive = join(workspace, 'lab-0.1.0.tar')
const key = join(workspace, 'bundle.key')

/** Step b: one signed file, the same bytes every time, checked on `op` with tar and openssl alone. */
export async function bundle(): Promise<void> {
  await must('init writes a spec', async () => {
    // A run that was killed may have left the settings of one of its steps.
    await rm(join(workspace, 'redoubt.yaml'), { force: true })
    await expectCode(0, redoubt('init', '--name', 'lab'))
  })
  await must('keygen', async () => {
    if (!(await exists(key))) await expectCode(0, redoubt('bundle', 'keygen'))
  })
  await must('bundle lock --update: this run has a lock of its own', () =>
    expectCode(0, redoubt('bundle', 'lock', '--update')),
  )
  await must('bundle build', () => expectCode(0, redoubt('bundle', 'build')))
  await check('built again with one job: the same bytes', async () => {
    const first = await sha256File(archive)
    await rm(archive)
    await expectCode(0, redoubt('bundle', 'build', '--jobs', '1'))
    expectSame(await sha256File(archive), first, 'sha256 of the bundle')
  })
  await check('bundle verify', () =>
    expectCode(0, redoubt('bundle', 'verify', archive, '--key', join(workspace, 'bundle.pub'))),
  )
  await check('another key is refused with exit 4', async () => {
    const other = join(workspace, 'other')
    await run(['openssl', 'genpkey', '-algorithm', 'ed25519', '-out', `${other}.key`])
    await run(['openssl', 'pkey', '-in', `${other}.key`, '-pubout', '-out', `${other}.pub`])
    await expectCode(4, redoubt('bundle', 'verify', archive, '--key', `${other}.pub`))
  })
  await check('a flipped byte is found and named, exit 4', async () => {
    const file = await open(archive, 'r+')
    try {
      const { size } = await file.stat()
      const at = Math.floor(size * 0.7)
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at)
      const flipped = Buffer.from([(buffer[0] ?? 0) ^ 1])
      await file.write(flipped, 0, 1, at)
      const result = await expectCode(4, redoubt('bundle', 'verify', archive, '--key', join(workspace, 'bundle.pub')))
      expectMatch(result.stderr, /blobs\/sha256\//)
      await file.write(buffer, 0, 1, at)
    } finally {
      await file.close()
    }
  })
  await must('the bundle and the workspace reach op', copyToOp)
  await must('on op: tar and openssl check the executable before it runs', async () => {
    const script = `cd ${opWorkspace}
      tar --occurrence=1 -xf lab-0.1.0.tar redoubt redoubt.sig
      openssl pkeyutl -verify -pubin -inkey bundle.pub -rawin -in redoubt -sigfile redoubt.sig`
    expectMatch((await expectCode(0, on('op', script))).stdout, /Signature Verified Successfully/)
  })
  await check('on op: openssl refuses a changed executable', async () => {
    const script = `cd ${opWorkspace} && cp redoubt changed && printf x >> changed
      openssl pkeyutl -verify -pubin -inkey bundle.pub -rawin -in changed -sigfile redoubt.sig; code=$?; rm changed; exit $code`
    await expectCode(1, on('op', script))
  })
  await check('on op: bundle verify', () => expectCode(0, inside('bundle verify lab-0.1.0.tar --key bundle.pub')))
}

/** Sends what crosses the gap: spec, lock, public key and the bundle, unless op holds this very bundle. */
async function copyToOp(): Promise<void> {
  const mine = await sha256File(archive)
  await on('op', `mkdir -p ${opWorkspace}`)
  const small = ['redoubt.yaml', 'redoubt.lock.yaml', 'bundle.pub']
  const ssh = [join(checkout, 'redoubt'), 'lab', 'ssh', 'op', '--'] as const
  const packed = await run(['tar', '-C', workspace, '-cf', '-', ...small])
  await run([...ssh, `tar -C ${opWorkspace} -xf -`], { input: packed.stdout })
  const theirs = await on('op', `sha256sum < ${opWorkspace}/lab-0.1.0.tar`)
  if (theirs.stdout.startsWith(mine)) return
  await stream([...ssh, `cat > ${opWorkspace}/lab-0.1.0.tar`], {
    stdin: createReadStream(archive, { highWaterMark: 4 << 20 }),
  })
}

/** Puts a changed spec into both workspaces. */
export async function writeSpec(text: string): Promise<void> {
  await writeAtomic(join(workspace, 'redoubt.yaml'), text)
  await run([join(checkout, 'redoubt'), 'lab', 'ssh', 'op', '--', `cat > ${opWorkspace}/redoubt.yaml`], { input: text })
}
