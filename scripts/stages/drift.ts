import { join } from 'node:path'
import { formatTable } from '../../lib/output.ts'
import { readAuthorities } from '../../pki/foreign.ts'
import { loadPublicPki } from '../../pki/public.ts'
import { withCluster } from '../apply/open.ts'
import type { Context, OptionValues } from '../command.ts'
import { staticChecks } from '../verify/attest/static.ts'
import { performAll } from './apply.ts'

/** What apply does because something else differs. */
const consequences = ['snapshot', 'restart', 'reload', 'record']

/**
 * Says what of the cluster is not as rendered, and which setting of a control the rendered files themselves do not hold. It changes
 * nothing. Exit code 3 when there is anything to say, also when something could not be compared.
 */
export function drift(context: Context, _args: string[], options: OptionValues): Promise<number> {
  const { out, workspace } = context
  const how = { dryRun: true, patience: 0, skipSnapshot: true }
  return withCluster(context, options, how, async (state, { rendered }) => {
    await performAll(state)
    const { actions, unknown, model, bundle } = state
    const reveal = () => ''
    const authorities = (path: string) => readAuthorities(join(workspace.root, path))
    const site = { model, lock: bundle.lock, pki: await loadPublicPki(workspace.keys), reveal, authorities }
    const broken = staticChecks(site, rendered).filter((check) => check.verdict !== 'pass')
    for (const text of unknown) out.warn(`not compared: ${text}`)
    if (out.format === 'json')
      out.json({
        apiVersion: 'redoubt.dev/v1alpha1',
        kind: 'DriftResult',
        cluster: model.name,
        actions,
        settings: broken,
        unknown,
      })
    else if (actions.length + broken.length === 0) out.data('no drift')
    else {
      const differing = actions
        .filter(({ verb }) => !consequences.includes(verb))
        .map(({ node, what, why }) => [node, what, why])
      const unset = broken.map(({ where, sent, expected, saw, control }) => [
        where,
        sent,
        `${saw}, ${control} wants ${expected}`,
      ])
      out.data(formatTable(['WHERE', 'WHAT', 'DIFFERS'], [...differing, ...unset]))
    }
    return actions.length + broken.length + unknown.length > 0 ? 3 : 0
  })
}
