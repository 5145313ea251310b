import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../../lib/exec.ts'
import { labNetwork } from '../../../scripts/lab/table.ts'
import { check, checkout, expectCode, expectSame, inside, must, on, opWorkspace, workspace } from '../harness.ts'
import { type Outside, startOutside } from '../outside/server.ts'
import { sabotage } from '../sabotage.ts'
import { verify } from '../verify.ts'
import { writeSpec } from './bundle.ts'
import { changed } from './change.ts'
import { planIsEmpty } from './cluster.ts'

/** The controls that need servers outside of the cluster. */
const controls = ['oidc', 'audit-webhook'] as const
const port = 8643

/** An identity provider and a sink on this machine, which the lab reaches as its neighbour: both controls attacked, each taken away. */
export async function outside(): Promise<void> {
  const original = await readFile(join(workspace, 'redoubt.yaml'), 'utf8')
  const { stdout: clients } = await expectCode(0, on('op', `cd ${opWorkspace}/keys && cat front-proxy-ca.crt root.crt`))
  const server = await startOutside({ address: labNetwork.address, port, clients })
  try {
    await put('outside.crt', server.ca)
    await put('outside.key', server.key)
    await writeSpec(changed(original, (spec) => ({ ...spec, ...outsideSpec(server) })))
    await must('an identity provider and a sink in the spec', async () => {
      await expectCode(0, inside('render'))
      await expectCode(0, inside('apply'))
    })
    await check('both hold, and nothing of them goes unasked', async () => {
      const only = controls.map((control) => `--only ${control}`).join(' ')
      const { probes } = await verify(0, only)
      const other = probes.filter((probe) => probe.outcome !== 'pass').map((probe) => probe.id)
      expectSame(other.join(' '), '', 'probes that did not pass')
    })
    await check('nor does any other probe mind', () => verify(0))
    await check(`sabotage: ${controls.join(', ')}`, () => sabotage(controls))
  } finally {
    await writeSpec(original)
    await must('the first settings again', async () => {
      await expectCode(0, inside('render'))
      await expectCode(0, inside('apply'))
      await planIsEmpty()
    })
    await on('op', `rm -f ${opWorkspace}/outside.crt ${opWorkspace}/outside.key`)
    await server.close()
  }
}

function outsideSpec({ url }: Outside): Record<string, unknown> {
  return {
    authentication: { oidc: { issuer: url, audiences: ['kubernetes'], ca: 'outside.crt', testKey: 'outside.key' } },
    audit: { webhook: { url: `${url}/audit`, ca: 'outside.crt', readback: `${url}/audit` } },
  }
}

/** Writes a file of the workspace on op. */
async function put(name: string, text: string): Promise<void> {
  await run([join(checkout, 'redoubt'), 'lab', 'ssh', 'op', '--', `umask 077; cat > ${opWorkspace}/${name}`], {
    input: text,
  })
}
