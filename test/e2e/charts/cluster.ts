import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { run, stream } from '../../../lib/exec.ts'
import { check, checkout, expectCode, expectMatch, inside, must, on, opWorkspace } from '../harness.ts'
import { cluster as applied } from '../steps/cluster.ts'
import { lab } from '../steps/lab.ts'
import { verify } from '../verify.ts'
import { archive, redoubt, served, workspace } from './places.ts'

/** Inside: the bundle checked on op and served there, and a cluster whose nodes pull from it. */
export async function cluster(): Promise<void> {
  await must('hosts made anew', () => expectCode(0, redoubt('lab', 'down', '--delete', 'op', 'cp1', 'w1')))
  await lab()
  await must('the bundle reaches op, where tar and openssl check it first', carry)
  await check('bundle verify', () => expectCode(0, inside('bundle verify lab-0.1.0.tar --key bundle.pub')))
  await must('pki init, and op serves the bundle', async () => {
    await expectCode(0, inside('pki init'))
    await serve()
  })
  await applied()
  await must('verified, the team has its rights', async () => {
    await verify(0)
    await expectCode(0, inside('apply'))
  })
  await check('nodes were sent no image: they pulled', async () => {
    const { stdout } = await expectCode(0, on('op', 'journalctl -o cat -u redoubt-serve'))
    expectMatch(stdout, /200 GET \/v2\/etcd\/manifests\/sha256:\w+\?ns=redoubt\.dev/)
  })
}

async function carry(): Promise<void> {
  const ssh = [join(checkout, 'redoubt'), 'lab', 'ssh', 'op', '--'] as const
  const small = ['redoubt.yaml', 'redoubt.lock.yaml', 'bundle.pub', 'alerting.yaml', 'greetings.yaml', 'storage.yaml']
  const packed = await run(['tar', '-C', workspace, '-cf', '-', ...small])
  await run([...ssh, `mkdir -p ${opWorkspace} && tar -C ${opWorkspace} -xf -`], { input: packed.stdout })
  await stream([...ssh, `cat > ${opWorkspace}/lab-0.1.0.tar`], {
    stdin: createReadStream(archive, { highWaterMark: 4 << 20 }),
  })
  const script = `cd ${opWorkspace}
    tar --occurrence=1 -xf lab-0.1.0.tar redoubt redoubt.sig
    openssl pkeyutl -verify -pubin -inkey bundle.pub -rawin -in redoubt -sigfile redoubt.sig`
  expectMatch((await expectCode(0, on('op', script))).stdout, /Signature Verified Successfully/)
}

async function serve(): Promise<void> {
  const [host, port] = served.split(':')
  const script = `systemd-run --quiet --unit=redoubt-serve --working-directory=${opWorkspace} ${opWorkspace}/redoubt bundle serve -v
    for i in $(seq 300); do (exec 3<>/dev/tcp/${host}/${port}) 2>/dev/null && exit 0; sleep 1; done
    journalctl -u redoubt-serve; exit 1`
  await expectCode(0, on('op', script))
}
