import { type Command, flag, publicKey, text } from '../command.ts'

/** The inside hands a bundle's contents on: to whoever asks, to its containerd, to its registry. */
export const bundleInsideCommands: Command[] = [
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
      (await import('../stages/bundle/inside/serve.ts')).serve(context, {
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
      (await import('../stages/bundle/inside/load.ts')).load(context, {
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
      (await import('../stages/bundle/inside/push.ts')).push(context, {
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
