import { type Command, flag, publicKey, text } from '../command.ts'

const jobs = {
  type: 'string',
  value: 'N',
  describe: 'how much at a time (default: as many programs as there are cores, 8 requests)',
} as const

const optionalKey = {
  ...publicKey,
  describe: 'check the signature with this public key (default: bundle.pub, for the workspace’s own bundle)',
} as const

/** The connected side makes the bundle and its lock; either side checks it and looks into it. */
export const bundleCommands: Command[] = [
  {
    name: 'bundle keygen',
    summary: 'make the key pair that signs bundles: bundle.key, bundle.pub',
    examples: ['redoubt bundle keygen', 'redoubt bundle keygen --key /media/usb/bundle.key'],
    options: {
      key: { type: 'string', value: 'FILE', describe: 'where the private key goes; the public one ends in .pub' },
      force: { type: 'boolean', describe: 'overwrite a key that is there' },
    },
    run: async (context, _, options) =>
      (await import('../stages/bundle/make/keygen.ts')).keygen(context, {
        key: text(options, 'key'),
        force: flag(options, 'force'),
      }),
  },
  {
    name: 'bundle build',
    summary: 'make the signed bundle of redoubt.yaml, by its lock: NAME-VERSION.tar',
    examples: ['redoubt bundle build', 'redoubt bundle build --dry-run', 'redoubt bundle build --volume-size 700M'],
    options: {
      key: {
        type: 'string',
        value: 'FILE',
        describe: 'private key to sign with (default: bundle.key in the workspace)',
      },
      jobs,
      volumes: { type: 'boolean', describe: 'cut it into files that FAT32 holds: NAME-VERSION.vol001.tar, ...' },
      'volume-size': { type: 'string', value: 'SIZE', describe: 'cut it into files of at most SIZE: 700M, 2G' },
      'delta-from': {
        type: 'string',
        value: 'BASE',
        describe: 'leave out what this bundle has (a file, or what `bundle inspect -o json` said of it, in a .json)',
      },
      builder: { type: 'string', value: 'NAME', describe: 'who builds it, for the signed statement' },
      'built-at': {
        type: 'string',
        value: 'TIME',
        describe: 'when, for the signed statement: now, or 2026-01-31T12:00:00Z (default: SOURCE_DATE_EPOCH, if set)',
      },
      'no-cache': { type: 'boolean', describe: 'write layers of images into the bundle alone, not into the cache too' },
      'dry-run': { type: 'boolean', describe: 'say what would be built, and write nothing' },
    },
    events: true,
    run: async (context, _, options) =>
      (await import('../stages/bundle/make/build.ts')).build(context, {
        key: text(options, 'key'),
        jobs: text(options, 'jobs'),
        volumes: flag(options, 'volumes'),
        volumeSize: text(options, 'volume-size'),
        noCache: flag(options, 'no-cache'),
        dryRun: flag(options, 'dry-run'),
        deltaFrom: text(options, 'delta-from'),
        builder: text(options, 'builder'),
        builtAt: text(options, 'built-at'),
      }),
  },
  {
    name: 'bundle lock',
    summary: 'make redoubt.lock.yaml; with --update move its pins, or those named, to what is current',
    args: '[NAME...]',
    positionals: [0, 256],
    examples: [
      'redoubt bundle lock',
      'redoubt bundle lock --update --dry-run',
      'redoubt bundle lock --update',
      'redoubt bundle lock --update nginx:1.27 podinfo runc',
    ],
    options: {
      update: { type: 'boolean', describe: 'resolve everything anew and show what moved' },
      jobs,
      'dry-run': { type: 'boolean', describe: 'show what would move; the lock stays' },
    },
    run: async (context, names, options) =>
      (await import('../stages/bundle/make/lock.ts')).lock(context, {
        update: flag(options, 'update'),
        names,
        jobs: text(options, 'jobs'),
        dryRun: flag(options, 'dry-run'),
      }),
  },
  {
    name: 'bundle images',
    summary: 'show who wants which image, and which are carried',
    examples: ['redoubt bundle images', 'redoubt bundle images -o json'],
    options: { jobs },
    run: async (context, _, options) =>
      (await import('../stages/bundle/make/images.ts')).images(context, { jobs: text(options, 'jobs') }),
  },
  {
    name: 'bundle verify',
    summary: 'check every byte of a bundle against its signature',
    args: '[FILE]',
    positionals: [0, 1],
    examples: [
      'redoubt bundle verify lab-0.1.0.tar --key bundle.pub',
      'redoubt bundle verify',
      'redoubt bundle verify --volume lab-0.1.0.vol002.tar --key bundle.pub',
    ],
    options: {
      key: publicKey,
      volume: { type: 'boolean', describe: 'check FILE alone, one volume of a bundle; the others need not be there' },
    },
    events: true,
    run: async (context, [file], options) =>
      (await import('../stages/bundle/verify.ts')).verify(context, {
        file,
        key: text(options, 'key'),
        volume: flag(options, 'volume'),
      }),
  },
  {
    name: 'bundle inspect',
    summary: 'show what a bundle holds',
    args: '[FILE]',
    positionals: [0, 1],
    examples: [
      'redoubt bundle inspect lab-0.1.0.tar --key bundle.pub',
      'redoubt bundle inspect lab-0.1.0.tar --key bundle.pub --manifest transfer.html',
      'redoubt bundle inspect -o json',
    ],
    options: {
      key: optionalKey,
      manifest: {
        type: 'string',
        value: 'FILE',
        describe: 'verify it whole, and write a page for who lets it cross: FILE.txt or FILE.html',
      },
    },
    run: async (context, [file], options) =>
      (await import('../stages/bundle/inspect.ts')).inspect(context, {
        file,
        key: text(options, 'key'),
        manifest: text(options, 'manifest'),
      }),
  },
  {
    name: 'bundle sbom',
    summary: 'what a bundle is made of, as SPDX 2.3 (JSON)',
    args: '[FILE]',
    positionals: [0, 1],
    examples: ['redoubt bundle sbom lab-0.1.0.tar --key bundle.pub > lab-0.1.0.spdx.json'],
    options: { key: optionalKey },
    run: async (context, [file], options) =>
      (await import('../stages/bundle/sbom.ts')).sbom(context, { file, key: text(options, 'key') }),
  },
]
