import { parseReference } from '../../bundles/registry/reference.ts'
import { binaryPaths, paths } from '../../cluster/components.ts'
import type { NodeFile } from '../../cluster/files.ts'
import { imageReference, type Lock } from '../../cluster/lock.ts'
import type { NodeModel } from '../../cluster/model.ts'
import { type From, mergeFields } from '../compose.ts'
import type { Fields, Site } from '../control.ts'
import { textFile } from './file.ts'
import { imagesOf } from './programs.ts'
import { type Value, writeToml } from './toml.ts'
import { writeUnit } from './unit.ts'

/** What must not be looked for: a closed port of the host itself. */
export const nowhere = { server: 'https://127.0.0.1:1' } as const

/** Where containerd looks up how a registry is reached: one folder for each, `_default` for all others. */
export const registries = '/etc/containerd/certs.d'

/**
 * How images are pulled from `redoubt bundle serve`, where the spec says that it is: every registry of which the bundle has images is that
 * one alone, known by our authority. The path of the authority is relative, so that the folder can stand anywhere (containerd
 * core/remotes/docker/config/hosts.go).
 */
function servedRegistries({ model, lock, pki }: Site): NodeFile[] {
  const { serve } = model.spec.bundle
  if (!serve) return []
  const names = lock.images.map(({ name }) => parseReference(name).registry)
  const settings = {
    ...nowhere,
    host: { [`https://${serve}`]: { capabilities: ['pull', 'resolve'], ca: '../redoubt-ca.crt' } },
  }
  return [
    textFile(`${registries}/redoubt-ca.crt`, pki.trust('registry')),
    // containerd looks for a port behind an underscore first.
    ...[...new Set(['redoubt.dev', ...names])].map((name) =>
      textFile(`${registries}/${name.replace(/:(\d+)$/, '_$1_')}/hosts.toml`, writeToml(settings)),
    ),
  ]
}

/** containerd: configuration (version 3, for 2.x) and its unit. */
export function containerd(site: Site, node: NodeModel, contributed: readonly From<Fields>[]): NodeFile[] {
  const fields = mergeFields('containerd', [
    { by: 'the baseline', sets: config(node, pinned(node, site.lock)) },
    ...contributed,
  ])
  return [
    textFile(paths.containerdConfig, writeToml(fields as Record<string, Value>), { restarts: ['containerd'] }),
    ...servedRegistries(site),
    textFile('/etc/systemd/system/containerd.service', writeUnit(unit), { restarts: ['units', 'containerd'] }),
  ]
}

/**
 * The image of pod sandboxes, and every other that this node was given: pinned, the kubelet deletes none of them when the disk
 * runs full (containerd internal/cri/server/images, getLabels). There is no registry to fetch it from again.
 */
function pinned({ role }: NodeModel, lock: Lock): Record<string, string> {
  const others = imagesOf(lock, role).filter((name) => name !== 'pause')
  return {
    sandbox: imageReference(lock, 'pause'),
    ...Object.fromEntries(others.map((name) => [name, imageReference(lock, name)])),
  }
}

function config(node: NodeModel, images: Record<string, string>) {
  return {
    version: 3,
    root: '/var/lib/containerd',
    state: '/run/containerd',
    'grpc.address': paths.containerdSocket,
    plugins: {
      'io.containerd.cri.v1.images': {
        snapshotter: 'overlayfs',
        pinned_images: images,
        registry: { config_path: registries },
      },
      'io.containerd.cri.v1.runtime': {
        // A host without CAP_SYS_RESOURCE cannot lower a process's score: containers would not start.
        restrict_oom_score_adj: !node.host.canLowerOomScore,
        enable_selinux: false,
        cni: { bin_dirs: ['/opt/cni/bin'], conf_dir: paths.cniConfig },
        containerd: {
          default_runtime_name: 'runc',
          runtimes: {
            runc: {
              runtime_type: 'io.containerd.runc.v2',
              options: { BinaryName: binaryPaths.runc, SystemdCgroup: node.host.cgroup === 'v2' },
            },
          },
        },
      },
    },
  }
}

/** After upstream's containerd.service. */
const unit = {
  Unit: [
    ['Description', 'containerd container runtime'],
    ['Documentation', 'https://containerd.io'],
    ['After', 'network.target local-fs.target'],
  ],
  Service: [
    ['ExecStart', binaryPaths.containerd],
    ['Type', 'notify'],
    ['Delegate', 'yes'],
    ['KillMode', 'process'],
    ['Restart', 'always'],
    ['RestartSec', '2'],
    ['LimitNPROC', 'infinity'],
    ['LimitCORE', 'infinity'],
    ['TasksMax', 'infinity'],
    ['OOMScoreAdjust', '-999'],
  ],
  Install: [['WantedBy', 'multi-user.target']],
} as const
