// spec.bundle: what is carried beside the cluster's own parts, and how registries are spoken to.
import * as v from 'valibot'

const printable = v.pipe(
  v.string(),
  v.minLength(1, 'is empty'),
  v.regex(/^[^\p{Cc}\u2028\u2029]*$/u, 'holds a control character'),
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

const image = v.union([
  v.pipe(
    printable,
    v.transform((name) => ({ name, platforms: undefined, artifacts: false })),
  ),
  v.strictObject({
    name: printable,
    /** By default the bundle's own. */
    platforms: v.optional(v.pipe(v.array(platform), v.minLength(1, 'names no platform'))),
    /** Carry signatures, SBOMs and attestations along: referrers and cosign's tags. */
    artifacts: v.optional(v.boolean(), false),
  }),
])

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

export const imagesSchema = v.optional(v.array(image), [])
export const registriesSchema = v.optional(v.array(registry), [])
