import { type Command, flag } from '../command.ts'

/** Isolated hosts on this machine. */
export const labCommands: Command[] = [
  {
    name: 'lab up',
    summary: 'make and start isolated hosts on this machine (root)',
    args: '[NAME ...]',
    positionals: [0, 16],
    examples: ['redoubt lab up', 'redoubt lab up op cp1 w1 w2'],
    options: {},
    run: async (context, names) => (await import('../stages/lab.ts')).up(context, names),
  },
  {
    name: 'lab status',
    summary: 'what each host of the lab does now',
    examples: ['redoubt lab status', 'redoubt lab status -o json'],
    options: {},
    run: async (context) => (await import('../stages/lab.ts')).status(context),
  },
  {
    name: 'lab ssh',
    summary: 'a shell or a command in a host of the lab',
    args: 'NODE [-- COMMAND ...]',
    positionals: [1, 256],
    examples: ['redoubt lab ssh op', 'redoubt lab ssh cp1 -- systemctl status'],
    options: {},
    run: async (_, [name = '', ...command]) => (await import('../stages/lab.ts')).ssh(name, command),
  },
  {
    name: 'lab reboot',
    summary: 'stop a host and start it again',
    args: 'NODE',
    positionals: [1, 1],
    examples: ['redoubt lab reboot w1'],
    options: {},
    run: async (context, [name = '']) => (await import('../stages/lab.ts')).reboot(context, name),
  },
  {
    name: 'lab sinkhole up',
    summary: 'give the hosts a default route and a resolver that count and drop',
    examples: ['redoubt lab sinkhole up'],
    options: {},
    run: async (context) => (await import('../stages/lab.ts')).sinkhole(context, true),
  },
  {
    name: 'lab sinkhole count',
    summary: 'how many packets the hosts sent out of the lab since then',
    examples: ['redoubt lab sinkhole count', 'redoubt lab sinkhole count -o json'],
    options: {},
    run: async (context) => (await import('../stages/lab.ts')).count(context),
  },
  {
    name: 'lab sinkhole down',
    summary: 'take the route and the resolver away again',
    examples: ['redoubt lab sinkhole down'],
    options: {},
    run: async (context) => (await import('../stages/lab.ts')).sinkhole(context, false),
  },
  {
    name: 'lab down',
    summary: 'stop hosts; their disks stay unless --delete',
    args: '[NAME ...]',
    positionals: [0, 16],
    examples: ['redoubt lab down', 'redoubt lab down --delete', 'redoubt lab down w2'],
    options: { delete: { type: 'boolean', describe: 'delete the hosts’ disks too' } },
    run: async (context, names, options) =>
      (await import('../stages/lab.ts')).down(context, names, flag(options, 'delete')),
  },
]
