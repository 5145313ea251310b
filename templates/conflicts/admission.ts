import { dirname, resolve } from 'node:path'
import { type Conflict, type Facts, given, inFile, items, list } from './rule.ts'

const component = 'kube-apiserver'
const enable = { component, flag: 'enable-admission-plugins' } as const
const disable = { component, flag: 'disable-admission-plugins' } as const
const file = { component, flag: 'admission-control-config-file' } as const

const enabled = (facts: Facts) => items(facts.args[component]['enable-admission-plugins'])
const disabled = (facts: Facts) => items(facts.args[component]['disable-admission-plugins'])

interface PluginEntry {
  name?: string
  path?: string
  configuration?: Record<string, unknown>
}

function plugin(facts: Facts, name: string): PluginEntry | undefined {
  const plugins = list(inFile(facts, facts.args[component]['admission-control-config-file'], 'plugins'))
  return (plugins as PluginEntry[]).find((entry) => entry.name === name)
}

/** A plugin's configuration: within the file, or in the one that it names, relative to it. */
function configuration(facts: Facts, name: string): Record<string, unknown> | undefined {
  const entry = plugin(facts, name)
  if (entry?.path === undefined) return entry?.configuration
  const folder = dirname(facts.args[component]['admission-control-config-file'] ?? '')
  return inFile(facts, resolve(folder, entry.path)) as Record<string, unknown> | undefined
}

const kindOf = (facts: Facts, kind: string) => facts.objects.filter((object) => object.kind === kind)

/** What the API server admits. */
export const admission: readonly Conflict[] = [
  {
    id: 'plugin-on-and-off',
    title: 'An admission plugin is switched on and off',
    settings: [enable, disable],
    why: 'the API server does not start when a plugin stands in both lists',
    source: 'A pkg/server/options/admission.go, Validate',
    remedy: 'Leave the plugin in one of the lists.',
    stops: true,
    applies: (facts) => enabled(facts).some((name) => disabled(facts).includes(name)),
  },
  {
    id: 'event-rate-limit-without-limits',
    title: 'EventRateLimit without limits',
    settings: [enable, file],
    why: 'the API server does not start: the limits must not be empty',
    source: 'K plugin/pkg/admission/eventratelimit/apis/eventratelimit/validation/validation.go',
    remedy: 'Switch the plugin on by its control, which brings its limits.',
    stops: true,
    applies: (facts) =>
      enabled(facts).includes('EventRateLimit') && list(configuration(facts, 'EventRateLimit')?.limits).length === 0,
  },
  {
    id: 'always-pull-images-and-no-registry',
    title: 'AlwaysPullImages where there is no registry',
    settings: [enable, { object: 'images that were imported from the bundle' }],
    why: 'every pod start would ask a registry: kube-proxy, CoreDNS and all workloads stay in ImagePullBackOff',
    source: 'K plugin/pkg/admission/alwayspullimages/admission.go',
    remedy: 'Leave it out: control image-provenance admits images of the bundle only.',
    stops: true,
    applies: (facts) => enabled(facts).includes('AlwaysPullImages'),
  },
  {
    id: 'image-policy-webhook-without-file',
    title: 'ImagePolicyWebhook without its configuration',
    settings: [enable, file],
    why: 'the API server does not start: the plugin needs the kubeconfig of its webhook',
    source: 'K plugin/pkg/admission/imagepolicy/admission.go, NewImagePolicyWebhook',
    remedy: 'Leave it out: control image-provenance needs no webhook.',
    stops: true,
    applies: (facts) =>
      enabled(facts).includes('ImagePolicyWebhook') && configuration(facts, 'ImagePolicyWebhook') === undefined,
  },
  {
    id: 'deny-external-ips-and-services',
    title: 'A rendered Service sets externalIPs, which DenyServiceExternalIPs refuses',
    settings: [enable, { object: 'a Service with externalIPs' }],
    why: 'the Service cannot be applied; load balancers that set externalIPs fail the same way',
    source: 'K plugin/pkg/admission/network/denyserviceexternalips/admission.go',
    remedy: 'Let the load balancer set status.loadBalancer instead.',
    stops: true,
    applies: (facts) =>
      enabled(facts).includes('DenyServiceExternalIPs') &&
      kindOf(facts, 'Service').some(({ spec }) => list((spec as { externalIPs?: unknown })?.externalIPs).length > 0),
  },
  {
    id: 'pod-security-without-kube-system',
    title: 'Pod Security holds kube-system to its defaults',
    settings: [{ file: 'admission.yaml', field: 'PodSecurity.exemptions.namespaces' }, { object: 'kube-system' }],
    why: 'static pods get no mirror pod and kube-proxy is refused: they need the host’s network and privileges',
    source: 'pod-security-admission/admission/admission.go: mirror pods have no exemption of their own',
    remedy: 'Exempt kube-system, and no namespace beside what needs it.',
    stops: true,
    applies: (facts) => {
      const found = configuration(facts, 'PodSecurity') as
        | { defaults?: { enforce?: string }; exemptions?: { namespaces?: unknown } }
        | undefined
      const strict = ['baseline', 'restricted'].includes(found?.defaults?.enforce ?? '')
      return (
        strict &&
        !disabled(facts).includes('PodSecurity') &&
        !list(found?.exemptions?.namespaces).includes('kube-system')
      )
    },
  },
  {
    id: 'service-account-plugin-off',
    title: 'The ServiceAccount plugin is off where pods need their token',
    settings: [disable, { object: 'DaemonSet kube-proxy, which speaks to the API with its token' }],
    why: 'no pod gets a token: kube-proxy and CoreDNS cannot speak to the API',
    source: 'K plugin/pkg/admission/serviceaccount/admission.go',
    remedy: 'Take ServiceAccount out of the list.',
    stops: true,
    excusedBy: 'admission-plugins',
    applies: (facts) => disabled(facts).includes('ServiceAccount'),
  },
  {
    id: 'policy-plugin-off',
    title: 'Policies are rendered and their plugin is off',
    settings: [disable, { object: 'ValidatingAdmissionPolicy' }],
    why: 'the policies are accepted and judge nothing',
    source: 'A pkg/admission/plugin/policy/validating/plugin.go',
    remedy: 'Take ValidatingAdmissionPolicy out of the list.',
    stops: false,
    applies: (facts) =>
      disabled(facts).includes('ValidatingAdmissionPolicy') && kindOf(facts, 'ValidatingAdmissionPolicy').length > 0,
  },
  {
    id: 'privileged-pods-off',
    title: 'Privileged containers are off where kube-proxy is one',
    settings: [{ component, flag: 'allow-privileged' }, { object: 'DaemonSet kube-proxy' }],
    why: 'the API server refuses the DaemonSet: no Service works',
    source: 'K pkg/apis/core/validation/validation.go, ValidateSecurityContext',
    remedy: 'Leave it true: Pod Security says which namespaces may.',
    stops: true,
    applies: (facts) =>
      given(facts, component, 'allow-privileged') && facts.args[component]['allow-privileged'] !== 'true',
  },
]
