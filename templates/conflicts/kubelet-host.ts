import { contains, parseAddress, parseCidr } from '../../lib/cidr.ts'
import { kernelDefaultsHeld } from '../node/sysctl.ts'
import { type Conflict, list } from './rule.ts'

const containers = 'K pkg/kubelet/cm/container_manager_linux.go'

/** What the host, the network or the API does not give the kubelet. */
export const kubeletHost: readonly Conflict[] = [
  {
    id: 'kernel-defaults-and-sysctls',
    title: 'The kubelet demands kernel settings that the host does not let us write',
    settings: [{ kubelet: 'protectKernelDefaults' }, { host: 'writableSysctls' }],
    why: 'the kubelet exits at the first setting that is not as it demands',
    source: `${containers}, setupKernelTunables`,
    remedy:
      'Make vm.overcommit_memory, vm.panic_on_oom, kernel.panic and kernel.panic_on_oops writable, then survey again.',
    stops: true,
    applies: ({ node, kubelet }) => kubelet.protectKernelDefaults === true && !kernelDefaultsHeld(node.host),
  },
  {
    id: 'swap-and-host',
    title: 'The kubelet refuses swap and the host has some',
    settings: [{ kubelet: 'failSwapOn' }, { host: 'swap' }],
    why: 'the kubelet exits: running with swap on is not supported',
    source: `${containers}, NewContainerManager`,
    remedy: 'Turn swap off on the host and survey again, or leave failSwapOn to render.',
    stops: true,
    applies: ({ node, kubelet }) => kubelet.failSwapOn !== false && node.host.swap,
  },
  {
    id: 'cgroup-v1-and-host',
    title: 'The kubelet refuses control groups v1 and the host has no others',
    settings: [{ kubelet: 'failCgroupV1' }, { host: 'cgroup' }],
    why: 'the kubelet exits',
    source: `${containers}, NewContainerManager: true by default since 1.35`,
    remedy: 'Boot the host with control groups v2, or leave failCgroupV1 to render.',
    stops: true,
    applies: ({ node, kubelet }) => kubelet.failCgroupV1 !== false && node.host.cgroup === 'v1',
  },
  {
    id: 'limited-swap-and-cgroup-v1',
    title: 'Pods may swap on a host with control groups v1',
    settings: [{ kubelet: 'memorySwap.swapBehavior' }, { host: 'cgroup' }],
    why: 'the kubelet exits: LimitedSwap needs control groups v2',
    source: 'K cmd/kubelet/app/server.go, run',
    remedy: 'Leave NoSwap.',
    stops: true,
    applies: ({ node, kubelet }) => kubelet['memorySwap.swapBehavior'] === 'LimitedSwap' && node.host.cgroup === 'v1',
  },
  {
    id: 'dns-outside-the-services',
    title: 'Pods are given a DNS server that is no Service',
    settings: [{ kubelet: 'clusterDNS' }, { spec: ['network', 'serviceCIDR'] }],
    why: 'CoreDNS has its address in the service network: pods would resolve nothing',
    source: 'templates/cluster/coredns.ts',
    remedy: 'Leave clusterDNS to render.',
    stops: false,
    applies: ({ model, kubelet }) => {
      const services = parseCidr(model.network.serviceCIDR)
      return list(kubelet.clusterDNS).some((text) => {
        const address = parseAddress(String(text))
        return services !== undefined && (address === undefined || !contains(services, address))
      })
    },
  },
  {
    id: 'role-labels-by-kubelet',
    title: 'A kubelet gives itself a role',
    settings: [{ object: 'kubelet --node-labels' }, { object: 'the prefix node-role.kubernetes.io/' }],
    why: 'the kubelet exits at labels of kubernetes.io that are not its own, and NodeRestriction forbids them',
    source: 'K cmd/kubelet/app/options/options.go, ValidateKubeletFlags',
    remedy: 'Use registerWithTaints; role labels are applied by us when the node is there.',
    stops: true,
    applies: ({ kubeletArgs }) => /(^|,)node-role\.kubernetes\.io\//.test(kubeletArgs['node-labels'] ?? ''),
  },
]
