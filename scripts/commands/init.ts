import { type Command, flag, text } from '../command.ts'

/** The beginning of the road: a workspace. */
export const initCommand: Command = {
  name: 'init',
  summary: 'write a commented redoubt.yaml to begin with',
  examples: [
    'redoubt init',
    'redoubt -w site init --node cp1=control-plane@10.0.0.11 --node w1=worker@10.0.0.12',
    'redoubt -w tools init --bundle',
  ],
  options: {
    name: {
      type: 'string',
      value: 'NAME',
      describe: 'the cluster’s or bundle’s name (default: the workspace folder’s)',
    },
    node: {
      type: 'string',
      value: 'NAME=ROLE@ADDRESS',
      multiple: true,
      describe: 'a node, control-plane or worker (default: the lab’s cp1 and w1)',
    },
    bundle: { type: 'boolean', describe: 'of a bundle by itself: images, charts and files, no cluster' },
    force: { type: 'boolean', describe: 'overwrite a redoubt.yaml that is there' },
  },
  run: async (context, _, options) => {
    const { init } = await import('../stages/init/init.ts')
    const nodes = Array.isArray(options.node) ? options.node.map(String) : []
    return await init(context, {
      name: text(options, 'name'),
      nodes,
      bundle: flag(options, 'bundle'),
      force: flag(options, 'force'),
    })
  },
}
