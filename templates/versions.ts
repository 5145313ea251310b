import { type ConfigurableName, configurable } from '../cluster/components.ts'
import type { Model } from '../cluster/model.ts'
import type { LoadedSpec } from '../cluster/spec.ts'
import { isAtLeast } from '../cluster/versions.ts'
import { fail } from '../lib/errors.ts'
import type { Fields } from './control.ts'

type Kind = 'flag' | 'kubelet field' | 'feature gate' | 'admission plugin'

/** Something that not every minor that we carry takes. */
interface Difference {
  kind: Kind
  /** Of flags: whose. Gates and plugins are the same to every program that has them. */
  components?: readonly ConfigurableName[]
  names: readonly string[]
  /** The first minor that takes it. */
  since?: string
  /** The first minor that no longer does. */
  until?: string
  source: string
}

const managed = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const
const gates = 'K pkg/features, A pkg/features, k8s.io/apiextensions-apiserver pkg/features'
const plugins = 'K pkg/kubeapiserver/options/plugins.go'
const kubeletTypes = 'k8s.io/kubelet config/v1beta1/types.go'

/**
 * What changes from 1.34 to 1.36 of what we render and what a spec may add: a program exits when it is given what it does not know.
 * `npm run e2e:versions` asks the programs whether the flags are these. K = k8s.io/kubernetes, A = k8s.io/apiserver.
 */
export const differences: readonly Difference[] = [
  {
    kind: 'flag',
    components: ['kube-controller-manager'],
    names: ['concurrent-device-taint-eviction-syncs', 'controller-shutdown-timeout'],
    since: '1.35',
    source: 'K cmd/kube-controller-manager/app/options',
  },
  {
    kind: 'flag',
    components: managed,
    names: ['min-compatibility-version'],
    since: '1.35',
    source: 'k8s.io/component-base compatibility',
  },
  {
    kind: 'flag',
    components: managed,
    names: ['tls-curve-preferences'],
    since: '1.36',
    source: 'A pkg/server/options/serving.go',
  },
  {
    kind: 'flag',
    components: ['kube-controller-manager'],
    names: ['concurrent-resourceclaim-syncs'],
    since: '1.36',
    source: 'K cmd/kube-controller-manager/app/options',
  },
  {
    kind: 'kubelet field',
    names: ['imagePullCredentialsVerificationPolicy', 'preloadedImagesVerificationAllowlist'],
    since: '1.35',
    // 1.34 has the fields, but its gate KubeletEnsureSecretPulledImages is off, and then they are refused.
    source: 'K pkg/kubelet/apis/config/validation/validation.go, pkg/features/kube_features.go',
  },
  {
    kind: 'kubelet field',
    names: ['memoryReservationPolicy', 'tlsCurvePreferences'],
    since: '1.36',
    source: kubeletTypes,
  },
  {
    kind: 'admission plugin',
    names: ['NodeDeclaredFeatureValidator'],
    since: '1.35',
    source: plugins,
  },
  {
    kind: 'admission plugin',
    names: ['PodGroupProtection', 'PodGroupWorkloadExists', 'JobValidation', 'PodResizeValidator'],
    since: '1.36',
    source: plugins,
  },
  {
    kind: 'feature gate',
    names: words(`
      AuthorizePodWebsocketUpgradeCreatePermission CRDObservedGenerationTracking CSIServiceAccountTokenSecrets
      ChangeContainerStatusOnKubeletRestart CloudControllerManagerWatchBasedRoutesReconciliation
      ConstrainedImpersonation DRADeviceTaintRules GangScheduling GenericWorkload
      InPlacePodLevelResourcesVerticalScaling MutablePVNodeAffinity MutablePodResourcesForSuspendedJobs
      MutableSchedulingDirectivesForSuspendedJobs NodeDeclaredFeatures OpportunisticBatching
      RestartAllContainersOnContainerExits StructuredAuthenticationConfigurationJWKSMetrics
      TaintTolerationComparisonOperators UserNamespacesHostNetworkSupport VolumeLimitScaling
    `),
    since: '1.35',
    source: gates,
  },
  {
    kind: 'feature gate',
    names: words(`
      AllowServiceLBStatusOnNonLB CronJobsScheduledAnnotation LoadBalancerIPMode PodIndexLabel
      ProbeHostPodSecurityStandards SizeMemoryBackedVolumes StatefulSetAutoDeletePVC StrictCostEnforcementForVAP
      StrictCostEnforcementForWebhooks UserNamespacesPodSecurityStandards
    `),
    until: '1.35',
    source: gates,
  },
  {
    kind: 'feature gate',
    names: words(`
      AllowServiceExternalIPs CRIListStreaming DRAListTypeAttributes DRANodeAllocatableResources
      DRAResourceClaimGranularStatusAuthorization DRAResourcePoolStatus DRAWorkloadResourceClaims
      DeclarativeValidationBeta ExtendWebSocketsToKubelet ImageVolumeWithDigest
      InPlacePodVerticalScalingInitContainers ManifestBasedAdmissionControlConfig PLEGOnDemandRelist
      PersistentVolumeClaimUnusedSinceTime PodLevelResourceManagers PodsAPI ReloadKubeletClientCAFile
      ResourceHealthStatusMessage ServiceCIDRStatusFieldWiping ShardedListAndWatch
      StaleControllerConsistencyDaemonSet StaleControllerConsistencyJob StaleControllerConsistencyReplicaSet
      StaleControllerConsistencyStatefulSet TopologyAwareWorkloadScheduling WorkloadAwarePreemption
      WorkloadWithJob
    `),
    since: '1.36',
    source: gates,
  },
  {
    kind: 'feature gate',
    names: words(`
      CSIMigrationPortworx HonorPVReclaimPolicy InPlacePodVerticalScalingAllocatedStatus
      InTreePluginPortworxUnregister MemoryManager ServiceTrafficDistribution
      StructuredAuthorizationConfiguration TopologyAwareHints WatchFromStorageWithoutResourceVersion
    `),
    until: '1.36',
    source: gates,
  },
]

/** The fields of a kubelet's configuration that a minor takes. */
export function knownFields(minor: string, fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([path]) => unknownTo(minor, 'kubelet field', path) === undefined),
  )
}

/** The arguments and fields that the spec adds must be known to its version. Throws `usage` at file:line: the program would exit. */
export function checkVersions({ minor, version, spec }: Model, where: LoadedSpec['where']): void {
  const check = (at: readonly string[], what: string, kind: Kind, name: string, component?: ConfigurableName) => {
    const found = unknownTo(minor, kind, name, component)
    if (found)
      fail('usage', `${what} is ${describe(found)}, and this cluster is ${version}: the program would exit`, {
        where: where(at),
        hint: `Take it out of the spec. Source: ${found.source}.`,
      })
  }
  for (const component of configurable)
    for (const [flag, value] of Object.entries(spec.components[component].args)) {
      const at = ['spec', 'components', component, 'args', flag]
      check(at, `${component} --${flag}`, 'flag', flag, component)
      const kind = listed[flag]
      for (const item of kind ? value.split(',') : []) {
        const name = item.split('=')[0]?.trim() ?? ''
        if (kind) check(at, `${kind} ${name} of ${component}`, kind, name)
      }
    }
  for (const path of Object.keys(spec.components.kubelet.config)) {
    const at = ['spec', 'components', 'kubelet', 'config', path]
    check(at, `kubelet ${path}`, 'kubelet field', path)
    const [, gate] = /^featureGates\.(.+)$/.exec(path) ?? []
    if (gate) check(at, `feature gate ${gate} of kubelet`, 'feature gate', gate)
  }
}

/** Flags whose values are names that change too. */
const listed: Readonly<Record<string, Kind>> = {
  'feature-gates': 'feature gate',
  'enable-admission-plugins': 'admission plugin',
  'disable-admission-plugins': 'admission plugin',
}

/** Why a minor does not take something; undefined when it does, or when no minor differs in it. */
function unknownTo(minor: string, kind: Kind, name: string, component?: ConfigurableName): Difference | undefined {
  return differences.find(
    (one) =>
      one.kind === kind &&
      one.names.includes(name) &&
      (component === undefined || one.components === undefined || one.components.includes(component)) &&
      ((one.since !== undefined && !isAtLeast(minor, one.since)) ||
        (one.until !== undefined && isAtLeast(minor, one.until))),
  )
}

function describe({ since, until }: Difference): string {
  return since === undefined ? `gone since Kubernetes ${until}` : `known since Kubernetes ${since}`
}

function words(text: string): string[] {
  return text.trim().split(/\s+/)
}
