import { bundleFile, type Command, publicKey, target } from '../command.ts'

/** What happens to nodes: survey, render, apply, drift. */
export const clusterCommands: Command[] = [
  {
    name: 'survey',
    summary: 'ask the nodes for what rendering depends on: hosts.yaml',
    examples: ['redoubt survey', 'redoubt survey --accept-host-keys'],
    options: {
      'accept-host-keys': {
        type: 'boolean',
        describe: 'trust the ssh host keys of nodes that neither hosts.yaml nor known_hosts has',
      },
    },
    run: async (context, args, options) => (await import('../stages/survey.ts')).survey(context, args, options),
  },
  {
    name: 'render',
    summary: 'write every file of every node and every object of the cluster: rendered/',
    examples: ['redoubt render', 'redoubt render --off audit-log', 'redoubt render --target kubeadm'],
    options: {
      off: {
        type: 'string',
        value: 'CONTROL',
        multiple: true,
        describe: 'leave a control out on purpose, to see that its probe fails (may be repeated)',
      },
      force: {
        type: 'boolean',
        describe: 'let redoubt.yaml win over baseline and controls, and pass conflicts that stop nothing',
      },
      target: target('nodes: files for redoubt apply (default); kubeadm: the same for kubeadm, in rendered-kubeadm/'),
    },
    run: async (context, args, options) => (await import('../stages/render.ts')).render(context, args, options),
  },
  {
    name: 'apply',
    summary: 'make nodes and cluster what rendered/ says, from the bundle',
    examples: [
      'redoubt apply --dry-run',
      'redoubt apply',
      'redoubt apply --bundle /media/usb/lab-0.1.0.tar',
      'redoubt apply --target kubeadm',
    ],
    options: {
      'dry-run': { type: 'boolean', describe: 'print what would be done, change nothing' },
      bundle: bundleFile,
      key: publicKey,
      confirm: { type: 'string', value: 'CLUSTER', describe: 'the cluster’s name, where something cannot be undone' },
      wait: {
        type: 'string',
        value: 'SECONDS',
        describe: 'how long a changed control plane may take before it is rolled back (default 120)',
      },
      'skip-snapshot': {
        type: 'boolean',
        describe: 'take no snapshot of etcd first: when it cannot come back without the change',
      },
      target: target('nodes: all of it (default); kubeadm: what kubeadm needs before it runs and what comes after it'),
    },
    run: async (context, args, options) => (await import('../stages/apply.ts')).apply(context, args, options),
  },
  {
    name: 'drift',
    summary: 'say what of the cluster is no longer as rendered; exit 3 when anything is',
    examples: ['redoubt drift', 'redoubt drift -o json'],
    options: { bundle: bundleFile, key: publicKey },
    run: async (context, args, options) => (await import('../stages/drift.ts')).drift(context, args, options),
  },
]
