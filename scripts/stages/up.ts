import { loadSpec } from '../../cluster/spec.ts'
import { fail } from '../../lib/errors.ts'
import { type Context, type OptionValues, text } from '../command.ts'
import { commands } from '../commands.ts'

/** The inside stages in their order; each is a command of its own and finds its work done when it runs again. */
const road = ['bundle verify', 'pki init', 'survey', 'render', 'apply', 'verify']

/** Runs the inside stages one after the other. Returns the exit code of the first that is not 0. */
export async function up(context: Context, options: OptionValues): Promise<number> {
  const bundle = text(options, 'bundle')
  const { spec } = await loadSpec(context.workspace.spec)
  // What people may is bound only when verify has passed: apply comes back for it.
  const stages = spec.access.length > 0 ? [...road, 'apply'] : road
  for (const [index, name] of stages.entries()) {
    const command = commands.find((candidate) => candidate.name === name)
    if (!command) return fail('internal', `no command ${name}`)
    context.out.note(`${index > 0 ? '\n' : ''}${index + 1}/${stages.length}  redoubt ${name}`)
    const own = Object.fromEntries(Object.entries(options).filter(([option]) => option in command.options))
    const code = await command.run(context, name === 'bundle verify' && bundle ? [bundle] : [], own)
    if (code !== 0) return code
  }
  return 0
}
