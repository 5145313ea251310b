import * as v from 'valibot'
import { parseAddress, parseCidr } from '../lib/cidr.ts'
import { fail } from '../lib/errors.ts'
import { readText } from '../lib/files.ts'
import { parseYaml, type YamlFile } from '../lib/yaml.ts'
import { configurable, providers } from './components.ts'
import { explain } from './explain.ts'
import { accessSchema, namespaceSchema } from './spec-access.ts'
import { bundleEntries, label } from './spec-bundle.ts'
import { auditWebhookSchema, oidcSchema } from './spec-outside.ts'
import { checkSpec } from './spec-rules.ts'
import { apiServerSchema, etcdSchema, logDirSchema, pkiSchema } from './spec-shape.ts'
import { supportedVersions } from './versions.ts'

const address = v.pipe(
  v.string(),
  v.check(
    (text) => parseAddress(text) !== undefined,
    (issue) => `${JSON.stringify(issue.input)} is no IPv4 address`,
  ),
  v.check(
    (text) => isHostAddress(parseAddress(text) ?? 0),
    (issue) => `${issue.input} is no address at which other hosts could reach a node`,
  ),
)
/**
 * RFC 1123: labels joined by dots, at most 253 characters, the last one with a letter (all digits would be an address gone wrong).
 * Certificates, the Corefile and URLs hold it as it is.
 */
const dnsName = /^(?=.{1,253}$)([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)*(?![0-9]+$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const nameHelp = 'lower-case letters, digits, hyphens and dots'
const endpoint = v.pipe(
  v.string(),
  v.check(
    (text) => parseAddress(text) !== undefined || dnsName.test(text),
    (issue) => `${JSON.stringify(issue.input)} is no IPv4 address and no DNS name: ${nameHelp}, without a port`,
  ),
)
/** Where `redoubt bundle serve` is reached, for nodes that pull images from it; without it they are imported. */
const served = v.pipe(
  v.string(),
  v.check(
    (text) => {
      const [, host = '', port = ''] = /^([\d.]+):(\d{1,5})$/.exec(text) ?? []
      return isHostAddress(parseAddress(host) ?? 0) && Number(port) > 0 && Number(port) < 65536
    },
    (issue) => `${JSON.stringify(issue.input)} is no ADDRESS:PORT like 10.77.0.10:5000`,
  ),
)
/** A certificate must hold `kubernetes.default.svc.DOMAIN`, which has at most 253 characters too. */
const dnsDomain = v.pipe(
  v.string(),
  v.check(
    (text) => text.length <= 230 && dnsName.test(text),
    (issue) => `${JSON.stringify(issue.input)} is no DNS name: ${nameHelp}, at most 230`,
  ),
)
/** Nothing that could end a line, or an argument, where it is written. */
const printable = v.pipe(v.string(), v.regex(/^[^\p{Cc}\u2028\u2029]*$/u, 'holds a line break or a control character'))
const cidr = v.pipe(
  v.string(),
  v.check(
    (text) => parseCidr(text) !== undefined,
    (issue) => `${JSON.stringify(issue.input)} is no IPv4 network like 10.244.0.0/16 (no host bits set)`,
  ),
)
const date = v.pipe(
  v.string(),
  v.isoDate('expected a date like 2027-01-31'),
  v.check(isDay, (issue) => `${issue.input} is no day of the calendar`),
)
const natural = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(minimum), v.maxValue(maximum))

const ssh = v.strictObject({
  user: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/, (issue) => `${JSON.stringify(issue.input)} is no user name`),
    ),
    'root',
  ),
  port: v.optional(natural(1, 65535), 22),
  /** Private key file for the ssh program, relative to the workspace. Without it ssh's own configuration decides. */
  key: v.optional(v.pipe(printable, v.minLength(1, 'is empty'))),
})

const node = v.strictObject({
  name: label,
  role: v.picklist(['control-plane', 'worker']),
  address,
  /** The node's own pod network; by default the n-th of the pod CIDR. Set it before you take a node out of the list. */
  podCIDR: v.optional(cidr),
})

const waiver = v.strictObject({
  control: v.string(),
  reason: v.pipe(v.string(), v.minLength(10, 'say why in at least ten characters: the evidence quotes it')),
  /** The last day on which the waiver holds. */
  expires: date,
})

const component = v.strictObject({ args: v.optional(v.record(v.string(), printable), {}) })

const scalar = v.union([printable, v.number(), v.boolean()])
/** Fields of KubeletConfiguration by dotted path: `imageGCHighThresholdPercent`, `memorySwap.swapBehavior`. */
const kubeletFields = v.strictObject({
  config: v.optional(v.record(v.string(), v.union([scalar, v.array(scalar)])), {}),
})
/** What a cluster is measured by: as kubeadm makes it, hardened, or with the stricter values of the STIG. */
const profileNames = ['kubeadm', 'hardened', 'stig'] as const

const specSchema = v.strictObject({
  apiVersion: v.literal('redoubt.dev/v1alpha1'),
  kind: v.literal('Cluster'),
  metadata: v.strictObject({ name: label }),
  spec: v.strictObject({
    kubernetes: v.picklist(
      supportedVersions,
      (issue) => `${issue.received} is not supported; this redoubt carries ${supportedVersions.join(', ')}`,
    ),
    nodes: v.pipe(v.array(node), v.minLength(1, 'a cluster needs at least one node')),
    ssh: v.optional(ssh, {}),
    /** Where clients reach the API: an address or name. By default the first control plane's address. */
    endpoint: v.optional(endpoint),
    network: v.optional(
      v.strictObject({
        provider: v.optional(v.picklist(providers), 'routes'),
        podCIDR: v.optional(cidr, '10.244.0.0/16'),
        serviceCIDR: v.optional(cidr, '10.96.0.0/16'),
        dnsDomain: v.optional(dnsDomain, 'cluster.local'),
      }),
      {},
    ),
    /** What keys certificates and service-account tokens have. */
    pki: pkiSchema,
    bundle: v.optional(v.strictObject({ ...bundleEntries, serve: v.optional(served) }), {}),
    apiServer: apiServerSchema,
    etcd: etcdSchema,
    /** The audit log on the control planes: its folder, its rotation (CIS 1.2.17 - 1.2.19) in days, files, megabytes; and where else events go. */
    audit: v.optional(
      v.strictObject({
        logDir: logDirSchema,
        maxAge: v.optional(natural(30, 366), 30),
        maxBackup: v.optional(natural(10, 1000), 10),
        maxSize: v.optional(natural(100, 10000), 100),
        /** A second place for every event, outside of the cluster. */
        webhook: v.optional(auditWebhookSchema),
      }),
      {},
    ),
    /** Who vouches for people besides our own certificates. */
    authentication: v.optional(v.strictObject({ oidc: v.optional(oidcSchema) }), {}),
    profile: v.optional(v.picklist(profileNames), 'hardened'),
    /** Arguments and kubelet fields beyond the baseline and the controls. One that either of them sets is refused. */
    components: v.optional(
      v.strictObject({
        ...v.entriesFromList(configurable, v.optional(component, {})),
        kubelet: v.optional(kubeletFields, {}),
      }),
      {},
    ),
    /** Namespaces with quota, limits and policies of their own. */
    namespaces: v.optional(v.array(namespaceSchema), []),
    /** Which groups of people have which rights. Bound only after verify has passed. */
    access: v.optional(v.array(accessSchema), []),
    waivers: v.optional(v.array(waiver), []),
  }),
})

export type ClusterSpec = v.InferOutput<typeof specSchema>
export type NodeSpec = ClusterSpec['spec']['nodes'][number]

/** A checked spec and the means to say where in the file a value stands. */
export interface LoadedSpec extends ClusterSpec {
  where: YamlFile['where']
}

/** Reads and checks `redoubt.yaml`. Throws `usage` with file:line:column for the first thing that is wrong. */
export async function loadSpec(path: string): Promise<LoadedSpec> {
  return parseSpec(await readText(path, 'Run `redoubt init` in an empty folder, or name one with --workspace.'), path)
}

/** As loadSpec, from text; `file` is the name used in errors. */
export function parseSpec(text: string, file: string): LoadedSpec {
  const yaml = parseYaml(text, file)
  if (kindOf(yaml.value) === 'Bundle')
    fail('usage', 'describes a bundle of its own, and no cluster', {
      where: yaml.where(['kind']),
      hint: 'Of this kind, `redoubt bundle` alone makes something. A cluster is `kind: Cluster`: `redoubt init` writes one.',
    })
  const result = v.safeParse(specSchema, yaml.value)
  if (!result.success) {
    const { path, text } = explain(specSchema, result.issues)
    fail('usage', text, { where: yaml.where(path) })
  }
  const spec = { ...result.output, where: yaml.where }
  checkSpec(spec)
  return spec
}

/** `Cluster` or `Bundle`, before anything of it is checked. */
export function kindOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
}

/** True for an address that a host can have: not of loopback, `this network`, multicast or broadcast (RFC 6890). */
function isHostAddress(address: number): boolean {
  const first = Math.floor(address / 2 ** 24)
  return first !== 0 && first !== 127 && first < 224
}

/** True when a well-formed date is one of the calendar: 2027-02-31 is not. */
function isDay(text: string): boolean {
  const time = Date.parse(text)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
