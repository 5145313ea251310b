import { type Command, flag, publicKey, text } from '../command.ts'

const jobs = {
  type: 'string',
  value: 'N',
  describe: 'how much at a time (default: as many programs as there are cores, 8 requests)',
} as const

/** The connected side makes the bundle and its lock; either side checks it. */
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
      (await import('../stages/bundle/keygen.ts')).keygen(context, {
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
      (await import('../stages/bundle/build.ts')).build(context, {
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
      (await import('../stages/bundle/lock.ts')).lock(context, {
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
      (await import('../stages/bundle/images.ts')).images(context, { jobs: text(options, 'jobs') }),
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
      key: { ...publicKey, describe: 'check the signature with this public key; without it nothing is checked' },
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
    options: {
      key: { ...publicKey, describe: 'check the signature with this public key; without it nothing is checked' },
    },
    run: async (context, [file], options) =>
      (await import('../stages/bundle/sbom.ts')).sbom(context, { file, key: text(options, 'key') }),
  },
  {
    name: 'bundle serve',
    summary: 'serve a bundle’s images, packages, charts and files, straight from it',
    args: '[FILE]',
    positionals: [0, 1],
    examples: [
      'redoubt bundle serve lab-0.1.0.tar --listen 192.0.2.10:5000 --tls-cert registry.crt --tls-key registry.key',
      'redoubt bundle serve --plain-http',
    ],
    options: {
      key: publicKey,
      listen: {
        type: 'string',
        value: 'ADDRESS:PORT',
        describe: 'where to listen (default: spec.bundle.serve, or 127.0.0.1:5000)',
      },
      'tls-cert': {
        type: 'string',
        value: 'FILE',
        describe: 'PEM of the certificate to show, then its issuers (default: of keys/, for spec.bundle.serve)',
      },
      'tls-key': { type: 'string', value: 'FILE', describe: 'PEM of its private key' },
      'plain-http': { type: 'boolean', describe: 'serve without TLS' },
    },
    run: async (context, [file], options) =>
      (await import('../stages/bundle/serve.ts')).serve(context, {
        file,
        key: text(options, 'key'),
        listen: text(options, 'listen'),
        cert: text(options, 'tls-cert'),
        tlsKey: text(options, 'tls-key'),
        plainHttp: flag(options, 'plain-http'),
      }),
  },
  {
    name: 'bundle load',
    summary: 'import a bundle’s images into this host’s containerd, those that it lacks',
    args: '[FILE]',
    positionals: [0, 1],
    examples: [
      'redoubt bundle load',
      'redoubt bundle load lab-0.1.0.tar --key bundle.pub --namespace default --dry-run',
    ],
    options: {
      key: publicKey,
      namespace: {
        type: 'string',
        value: 'NAME',
        describe: 'namespace of containerd (default: k8s.io, Kubernetes’ own)',
      },
      address: {
        type: 'string',
        value: 'SOCKET',
        describe: 'containerd’s socket (default: $CONTAINERD_ADDRESS, or ctr’s own)',
      },
      'dry-run': { type: 'boolean', describe: 'say what would be imported' },
    },
    run: async (context, [file], options) =>
      (await import('../stages/bundle/load.ts')).load(context, {
        file,
        key: text(options, 'key'),
        namespace: text(options, 'namespace'),
        address: text(options, 'address'),
        dryRun: flag(options, 'dry-run'),
      }),
  },
  {
    name: 'bundle push',
    summary: 'push a bundle’s images into a registry; what is there is not sent again',
    args: 'REGISTRY [FILE]',
    positionals: [1, 2],
    examples: [
      'redoubt bundle push registry.example.internal/platform --ca registry-ca.crt',
      'redoubt bundle push 127.0.0.1:5000 lab-0.1.0.tar --key bundle.pub --plain-http',
    ],
    options: {
      key: publicKey,
      ca: { type: 'string', value: 'FILE', describe: 'PEM of the authorities that its certificate hangs from' },
      'plain-http': { type: 'boolean', describe: 'speak HTTP without TLS' },
      'keep-registry': { type: 'boolean', describe: 'put images under the name of the registry that they came from' },
      'dry-run': {
        type: 'boolean',
        describe: 'ask the registry what it has, say what would be sent, and send nothing',
      },
    },
    events: true,
    run: async (context, [target = '', file], options) =>
      (await import('../stages/bundle/push.ts')).push(context, {
        target,
        file,
        key: text(options, 'key'),
        ca: text(options, 'ca'),
        plainHttp: flag(options, 'plain-http'),
        keepRegistry: flag(options, 'keep-registry'),
        dryRun: flag(options, 'dry-run'),
      }),
  },
]
