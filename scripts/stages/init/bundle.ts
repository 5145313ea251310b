import { parseBundleSpec } from '../../../cluster/bundle.ts'
import { commented } from './commented.ts'

const about =
  'A bundle by itself: images, charts and files for whoever needs them inside. `redoubt bundle` reads this file; commit it.'

/** What else can be set below `spec`: docs/bundle.md. */
const more = `
  # Of the hosts that it is for: amd64 or arm64. By default this machine's.
  #architecture: amd64

  # Images of registries, by tag or digest; with artifacts, what was signed or attested of them comes along.
  #images:
  #  - docker.io/library/nginx:1.27
  #  - {name: registry.example.org/team/app:2.0, platforms: [linux/amd64, linux/arm64], artifacts: true}

  # Helm charts, of registries or of chart repositories. The images that they name must be carried too: \`redoubt bundle images\`.
  #charts:
  #  - oci://registry.example.org/charts/app:1.0.0
  #  - {oci: oci://registry.example.org/charts/other:1.0.0, values: other-values.yaml}
  #  - {repository: https://charts.example.org, name: app, version: 1.0.0, values: values.yaml}

  # Kubernetes manifests: files and folders beside this one, URLs. Their images must be carried too.
  #manifests: [apps, https://example.org/install.yaml]

  # Files that their makers publish, with the checksum that they publish: 64 hex digits, or where it stands.
  #releases:
  #  - {name: tool.tgz, url: https://example.org/tool-1.0.0.tar.gz, sha256: https://example.org/SHA256SUMS}

  # Files beside this one, each under a name of its own.
  #files:
  #  - {name: notes, path: notes.txt}

  # What looks like an image in a chart or manifest, and is not to be carried.
  #notImages:
  #  - {image: example.org/only/in/tests:1, reason: only the chart's own tests use it}

  # How registries are spoken to, where it is not plain HTTPS with the system's authorities. Credentials are docker's.
  #registries:
  #  - {host: registry.example.org, ca: registry-ca.crt, mirrors: [mirror.example.org/hub]}
  #  - {host: 127.0.0.1:5000, plainHttp: true}
`

/** The text of a new redoubt.yaml of a bundle by itself. Throws `usage` when it would not be a valid one. */
export function bundleText(name: string): string {
  const spec = {
    apiVersion: 'redoubt.dev/v1alpha1',
    kind: 'Bundle',
    metadata: { name },
    spec: { version: '0.1.0' },
  }
  return commented({ about, spec, more }, parseBundleSpec)
}
