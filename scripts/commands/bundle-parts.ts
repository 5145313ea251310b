import { type Command, flag, publicKey, text, texts } from '../command.ts'

/** What is done with the parts of a bundle: compared, merged, taken out, mended. */
export const bundlePartCommands: Command[] = [
  {
    name: 'bundle diff',
    summary: 'what a bundle has that another has not, and the other way round',
    args: 'BEFORE AFTER',
    positionals: [2, 2],
    examples: [
      'redoubt bundle diff lab-0.1.0.tar lab-0.2.0.tar --key bundle.pub',
      'redoubt bundle diff lab-0.1.0.tar redoubt.lock.yaml -o json',
    ],
    options: {
      key: { ...publicKey, describe: 'check the signatures with this public key; without it nothing is checked' },
    },
    run: async (context, [before = '', after = ''], options) =>
      (await import('../stages/bundle/diff.ts')).diff(context, { before, after, key: text(options, 'key') }),
  },
  {
    name: 'bundle merge',
    summary: 'make the whole bundle out of a delta and the bundle that it was made against',
    args: 'DELTA --base FILE',
    positionals: [1, 1],
    examples: ['redoubt bundle merge lab-0.2.0.delta.tar --base lab-0.1.0.tar --key bundle.pub'],
    options: {
      key: publicKey,
      base: { type: 'string', value: 'FILE', describe: 'the bundle that is here, whole or in volumes' },
      to: {
        type: 'string',
        value: 'FILE',
        describe: 'where the bundle goes (default: beside the delta, without `.delta`)',
      },
    },
    run: async (context, [file = ''], options) =>
      (await import('../stages/bundle/merge.ts')).merge(context, {
        file,
        base: text(options, 'base'),
        to: text(options, 'to'),
        key: text(options, 'key'),
      }),
  },
  {
    name: 'bundle extract',
    summary: 'take files, charts, manifests, releases, programs, packages, images and the lock out of a bundle',
    args: 'FILE [NAME ...] --to DIR',
    positionals: [1, 1000],
    examples: [
      'redoubt bundle extract lab-0.1.0.tar --key bundle.pub --to parts',
      'redoubt bundle extract lab-0.1.0.tar kubectl redoubt.dev/etcd:v3.6.8 --to parts',
    ],
    options: {
      key: publicKey,
      to: { type: 'string', value: 'DIR', describe: 'the folder that they go into' },
      force: { type: 'boolean', describe: 'replace other files of their names' },
    },
    run: async (context, [file = '', ...names], options) =>
      (await import('../stages/bundle/extract.ts')).extract(context, {
        file,
        names,
        to: text(options, 'to'),
        key: text(options, 'key'),
        force: flag(options, 'force'),
      }),
  },
  {
    name: 'bundle repair',
    summary: 'mend a damaged bundle in place: only what is wrong is taken from other copies',
    args: 'FILE',
    positionals: [1, 1],
    examples: [
      'redoubt bundle repair lab-0.1.0.tar --from /media/usb/lab-0.1.0.tar --key bundle.pub',
      'redoubt bundle repair lab-0.1.0.vol001.tar --from /media/a/lab-0.1.0.vol001.tar --from /media/b/lab-0.1.0.tar --dry-run',
      'redoubt bundle repair lab-0.1.0.tar --from-cache',
    ],
    options: {
      key: publicKey,
      from: {
        type: 'string',
        value: 'COPY',
        multiple: true,
        describe: 'another copy, whole or in volumes; it may be damaged elsewhere; as often as you have some',
      },
      'from-cache': {
        type: 'boolean',
        describe: 'on the connected side: what no copy has, from the cache and the sources of this workspace',
      },
      'dry-run': { type: 'boolean', describe: 'say what is damaged and who has it, and write nothing' },
    },
    run: async (context, [file = ''], options) =>
      (await import('../stages/bundle/repair.ts')).repair(context, {
        file,
        from: texts(options, 'from'),
        fromCache: flag(options, 'from-cache'),
        key: text(options, 'key'),
        dryRun: flag(options, 'dry-run'),
      }),
  },
]
