// What a bundle carries beside a cluster's own parts, and how registries are spoken to: spec.bundle of a Cluster, spec of a Bundle.
import * as v from 'valibot'

const printable = v.pipe(
  v.string(),
  v.minLength(1, 'is empty'),
  v.regex(/^[^\p{Cc}\u2028\u2029]*$/u, 'holds a control character'),
)
/** A DNS label (RFC 1123): of clusters, nodes, files. */
export const label = v.pipe(
  v.string(),
  v.regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    (issue) => `${issue.received} is no DNS label: lower-case letters, digits and inner hyphens, at most 63`,
  ),
)
const platform = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9]+)?$/, (issue) => `${issue.received} is no platform like linux/amd64`),
)
const host = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$/,
    (issue) => `${issue.received} is no HOST or HOST:PORT`,
  ),
)

/** Text that stands for the one field which nobody leaves out. */
const short = (field: string) =>
  v.transform((given: unknown) => (typeof given === 'string' ? { [field]: given } : given))

const image = v.pipe(
  v.unknown(),
  short('name'),
  v.strictObject({
    name: printable,
    /** By default the bundle's own. */
    platforms: v.optional(v.pipe(v.array(platform), v.minLength(1, 'names no platform'))),
    /** Carry signatures, SBOMs and attestations along: referrers and cosign's tags. */
    artifacts: v.optional(v.boolean(), false),
  }),
)

const webAddress = v.pipe(
  printable,
  v.check(
    (text) => /^https?:\/\//.test(text) && URL.canParse(text),
    (issue) => `${JSON.stringify(issue.input)} is no URL: expected https://HOST/PATH`,
  ),
  v.check(
    (text) => {
      const { username, password, hash } = new URL(text)
      return !(username || password || hash)
    },
    () => 'a URL here has no user, password or fragment; credentials are docker’s (docs/bundle.md)',
  ),
)

export interface OciChart {
  oci: string
  values: string | undefined
}
export interface RepositoryChart {
  repository: string
  name: string
  version: string
  values: string | undefined
}
export type ChartSpec = OciChart | RepositoryChart

/** A Helm chart: of a registry (`oci`), or of a chart repository (`repository`, `name`, `version`). */
const chart = v.pipe(
  v.unknown(),
  short('oci'),
  v.strictObject({
    oci: v.optional(
      v.pipe(
        printable,
        v.regex(
          /^oci:\/\/[^/]+\/.*[^/:]+(:[^:/]+|@sha256:[0-9a-f]{64})$/,
          (issue) => `${issue.received} is no chart: expected oci://HOST/PATH:VERSION`,
        ),
      ),
    ),
    repository: v.optional(webAddress),
    name: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'is no name of a chart'))),
    version: v.optional(v.pipe(v.string(), v.regex(/^v?[0-9][0-9A-Za-z.+-]{0,127}$/, 'expected a version like 1.2.3'))),
    /** The values that it will be installed with: they decide which images it names. */
    values: v.optional(printable),
  }),
  v.check(
    ({ oci, repository, name, version }) =>
      oci ? !(repository || name || version) : !!(repository && name && version),
    'a chart is `oci: oci://HOST/PATH:VERSION`, or has `repository`, `name` and `version`',
  ),
  v.transform(
    ({ oci, repository = '', name = '', version = '', values }): ChartSpec =>
      oci === undefined ? { repository, name, version, values } : { oci, values },
  ),
)

/** A file that its makers publish, with the checksum that they publish. */
const release = v.strictObject({
  /** By default the end of the URL. */
  name: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/, 'is no name of a file'))),
  url: webAddress,
  /** 64 hex digits, or where the checksum file is: `https://.../SHA256SUMS`. */
  sha256: v.union(
    [v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)), webAddress],
    'expected 64 hex digits, or the URL of a checksum file',
  ),
})

const notImage = v.strictObject({
  /** The text as `bundle images` shows it. */
  image: printable,
  reason: v.pipe(v.string(), v.minLength(10, 'say why in at least ten characters')),
})

const registry = v.strictObject({
  host,
  /** HTTP without TLS, for this host only. */
  plainHttp: v.optional(v.boolean(), false),
  /** PEM file of the authorities that its certificate hangs from, relative to the workspace. */
  ca: v.optional(printable),
  /** Asked before the host itself, in this order: `HOST` or `HOST/PATH`. */
  mirrors: v.optional(
    v.array(v.pipe(v.string(), v.regex(/^[A-Za-z0-9.-]+(:[0-9]{1,5})?(\/[a-z0-9._/-]+)?$/, 'is no HOST or HOST/PATH'))),
    [],
  ),
})

const list = <T extends v.GenericSchema>(item: T) => v.optional(v.array(item), [])

/** What both kinds of redoubt.yaml say of a bundle. */
export const bundleEntries = {
  version: v.optional(
    v.pipe(v.string(), v.regex(/^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$/, 'expected a version like 1.0.0')),
    '0.1.0',
  ),
  /** Of the hosts that it is for: of programs, packages, and of images where they do not say it themselves. By default this machine's. */
  architecture: v.optional(v.picklist(['amd64', 'arm64'])),
  /** Further files to carry, by name: path relative to the workspace. */
  files: list(v.strictObject({ name: label, path: printable })),
  /** Images of your own to carry, by name. */
  images: list(image),
  /** Helm charts. */
  charts: list(chart),
  /** Kubernetes manifests: files, folders (relative to the workspace), URLs. */
  manifests: list(printable),
  /** Files that their makers publish. */
  releases: list(release),
  /** What looks like an image in any of these, and is none, or is not to be carried. */
  notImages: list(notImage),
  /** How registries are spoken to, where it is not plain HTTPS with the system's authorities. */
  registries: list(registry),
}

const fields = v.strictObject(bundleEntries)
export type BundleFields = v.InferOutput<typeof fields>
export type ReleaseSpec = BundleFields['releases'][number]
